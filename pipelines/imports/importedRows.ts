/** @file Rows of a recording made from a table of statistics, in the order of their steps. */
import type { Measured } from "../../core/measure.ts";
import type { ForeignRows } from "../files/foreignRecorder.ts";
import { checkElements } from "./checkElements.ts";
import { type NumberFormat, numberFormat, numberFormatNames } from "./numberFormats.ts";
import type { BinnedTensor } from "./rebinned.ts";
import { type ImportedTensor, newTensor, RowChunk } from "./rowChunk.ts";
import { countRows, type RowCounts } from "./rowCounts.ts";
import type { SiteNames } from "./siteNames.ts";
import { failure } from "./source.ts";
import { noteUnused, type Statistic, statisticNames, type Unused } from "./statisticBatch.ts";
import { maskOf } from "./statisticMask.ts";
import type { StatisticTable } from "./statisticTable.ts";
import { findEnds, histogramRange, type TensorEnds } from "./tensorEnds.ts";

/** Input of the rows. */
export interface RowParts {
  readonly table: StatisticTable;
  readonly names: SiteNames;
  /** Format of all scales, if the user has given it. */
  readonly format: string | undefined;
  /** Whether the ranks of a run are merged. */
  readonly isMerged: boolean;
  readonly counts: RowCounts;
  readonly unused: Unused;
}

/** Statistics that are recorded in addition to min and max, under their names. */
const measuredNames: readonly Statistic[] = [
  "mean",
  "std",
  "l1Norm",
  "l2Norm",
  "underflows",
  "overflows",
  "mse",
  "scale",
  "dynamicRange",
];

const measuredMask = maskOf(measuredNames);

const rowsAtOnce = 65536;

const measuredAt = (table: StatisticTable, row: number): Measured | undefined => {
  if (!table.hasAny(row, measuredMask)) return undefined;
  return Object.fromEntries(
    // Adding 0 turns a mean that was printed as -0.0000 into 0, because JSON has no -0.
    measuredNames.flatMap((name) => (table.has(row, name) ? [[name, [table.value(row, name) + 0]]] : [])),
  );
};

const histogramAt = (
  { table, unused }: RowParts,
  row: number,
  ends: TensorEnds,
): BinnedTensor | undefined => {
  const binned = table.histogram(row);
  if (binned === undefined || !Number.isFinite(ends.min) || !Number.isFinite(ends.max)) return undefined;
  const range = histogramRange(binned, ends);
  if (range === undefined) noteUnused(unused, "histograms without elements");
  return range && { ...binned, min: range[0], max: range[1] };
};

/** Makes a function that returns the format of a site's scales. */
const formatsOf = ({ table, names, format }: RowParts): ((site: number) => NumberFormat) => {
  const found: NumberFormat[] = [];
  return (site) => {
    const known = found[site];
    if (known !== undefined) return known;
    const { name, format: own } = table.sites.all[site]!;
    const text = format ?? own;
    if (text === "")
      throw failure(
        name,
        "a scale of an unknown number format",
        numberFormatNames.slice(0, 8).join(", "),
        "set it with --number-format, such as --number-format int8",
      );
    const made = numberFormat(
      format === undefined ? name : "--number-format",
      text,
      names.roles[names.roleOf[names.index[site]!]!]!,
    );
    found[site] = made;
    return made;
  };
};

/** Counts the statistics of a tensor without a row as unused. */
const noteAll = (table: StatisticTable, row: number, unused: Unused): void => {
  for (const statistic of statisticNames)
    if (table.has(row, statistic)) noteUnused(unused, `${statistic} of tensors without a range`);
};

const endsMask = maskOf(["min", "max"]);

/** Fills in what is known of a row's tensor in addition to min and max. */
const fill = (tensor: ImportedTensor, parts: RowParts, row: number): void => {
  const { table, isMerged } = parts;
  const valueAt = (statistic: Statistic): number | undefined =>
    table.has(row, statistic) ? table.value(row, statistic) : undefined;
  tensor.rank = isMerged ? -1 : (table.sites.all[table.siteAt(row)]?.rank ?? -1);
  // Most rows of large files have nothing else.
  const hasMore = !table.hasOnly(row, endsMask);
  tensor.isColdStart = hasMore && table.isColdStart(row);
  tensor.count = hasMore ? valueAt("count") : undefined;
  tensor.nonFinite = hasMore ? valueAt("nonFinite") : undefined;
  tensor.measured = hasMore ? measuredAt(table, row) : undefined;
  tensor.histogram = table.hasHistograms ? histogramAt(parts, row, tensor.ends) : undefined;
};

/** Columns that are unknown for every imported tensor. */
const neverKnown: readonly string[] = [
  ...["estimator", "bits", "scheme", "projection", "lo", "hi"],
  ...["clipped", "bytesMoved", "bytesSaved", "isStatic"],
];

/** Columns of a recording without any known value. */
export const unknownColumns = ({
  table,
  isMerged,
}: Pick<RowParts, "table" | "isMerged">): readonly string[] => {
  const without = (isKnown: boolean, ...names: readonly string[]): readonly string[] =>
    isKnown ? [] : names;
  return [
    ...neverKnown,
    ...without(table.hasErrors || table.hasHistograms || table.hasColumn("scale"), "minError", "maxError"),
    ...without(table.hasColumn("count") || table.hasColumn("nonFinite"), "count", "nonFinite"),
    ...without(
      measuredNames.some((name) => table.hasColumn(name)),
      "measured",
    ),
    ...without(table.hasHistograms, "histogramValues", "histogramCounts"),
    ...without(table.hasColdStarts, "coldStart"),
    ...without(!isMerged && table.sites.all.some(({ rank }) => rank >= 0), "rank"),
  ];
};

/**
 * The rows of a recording, some ten thousand at a time.
 *
 * @throws `TensorFault`, `RepeatedValue`; `RangeflowFailure` if the format of a scale is unknown
 */
export function* importedRows(parts: RowParts): Generator<ForeignRows> {
  const { table, names, isMerged, counts, unused } = parts;
  const order = table.order(unused);
  const total = order?.length ?? table.rows;
  const chunk = new RowChunk(names, rowsAtOnce + names.paths.length);
  const rowOf = new Int32Array(names.paths.length).fill(-1);
  const formatOf = formatsOf(parts);
  const tensor = newTensor();
  const { ends } = tensor;
  const taken = (): ForeignRows => {
    const rows = chunk.take();
    countRows(counts, rows);
    if (rows.lostHistograms > 0)
      noteUnused(unused, "histograms where other merged ranks have none", rows.lostHistograms);
    return rows;
  };
  for (let n = 0; n < total; n++) {
    const row = order === undefined ? n : (order[n] as number);
    const number = table.siteAt(row);
    const site = names.index[number] as number;
    if (site < 0) {
      counts.leftOut++;
      continue;
    }
    if (!findEnds(table, row, formatOf, ends)) {
      counts.withoutEnds++;
      noteAll(table, row, unused);
      continue;
    }
    checkElements(table, row, ends);
    if (ends.known === "minMax" && table.has(row, "amax")) noteUnused(unused, "amax beside min and max");
    const step = table.stepAt(row);
    if (chunk.rows >= rowsAtOnce && step !== chunk.lastStep) yield taken();
    fill(tensor, parts, row);
    if (isMerged && ends.known === "moments")
      throw failure(
        "--ranks merge",
        `mean and standard deviation alone, of ${names.paths[site]}`,
        "statistics with bounds, such as min and max",
        "leave --ranks out",
      );
    const before = rowOf[site] as number;
    if (isMerged && before >= 0 && chunk.is(before, site, step)) {
      for (const name of chunk.merge(before, tensor)) noteUnused(unused, `${name} of merged ranks`);
      continue;
    }
    rowOf[site] = chunk.rows;
    chunk.add(site, step, tensor);
  }
  if (chunk.rows > 0) yield taken();
}
