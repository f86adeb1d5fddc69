/**
 * @file Columns of a recording, one row for each `RangeSeen`, as an Arrow schema and as arrays.
 *
 * Version 5. Readers ignore further columns; any change of the columns below is a new version. `bits` is 0 if the facts of a site are
 * unknown. `projection` is a JSON object with name, options and what the levels follow, or an empty text for a uniform grid. `measured`
 * is a JSON object from names to numbers, or an empty text. A histogram is two lists, empty if none was recorded. Imported recordings
 * have further columns and nulls (`foreignSchema.ts`).
 */
import {
  Bool,
  type DataType,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  List,
  Schema,
  Uint8,
  Uint32,
  Utf8,
} from "apache-arrow";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { ForeignStat } from "../../core/foreignStat.ts";
import { type Measured, remembering } from "../../core/measure.ts";
import type { RangeStat, Verdict } from "../../core/range.ts";
import { type Sample, sampleSize } from "../../core/sample.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { gridFacts, projectionFacts, type SiteFacts } from "../../core/siteFacts.ts";
import { bitAt } from "./bits.ts";
import { decodeJson } from "./json.ts";
import type { SegmentInfo } from "./recordedSegment.ts";
import type { ForeignStatColumns, ListColumn, ListValues, StatColumns } from "./statColumns.ts";

const schemaVersion = "5";

/** Value of the metadata entry `origin` in an imported recording. Rangeflow's own have none. */
export const foreignOrigin = "foreign";

export const verdicts: readonly Verdict[] = ["observed", "empty", "nonFinite", "zero"];

const text = (id: number): DataType => new Dictionary(new Utf8(), new Int32(), id);
const column = (name: string, type: DataType): Field => new Field(name, type, false);

export const recordingSchema = ({ runId, firstStep }: SegmentInfo): Schema =>
  new Schema(
    [
      column("step", new Uint32()),
      column("site", text(0)),
      column("role", text(1)),
      column("estimator", text(2)),
      column("bits", new Uint8()),
      column("scheme", text(4)),
      column("projection", text(5)),
      column("verdict", text(3)),
      column("min", new Float64()),
      column("max", new Float64()),
      column("lo", new Float64()),
      column("hi", new Float64()),
      column("count", new Uint32()),
      column("nonFinite", new Uint32()),
      column("clipped", new Uint32()),
      column("bytesMoved", new Float64()),
      column("bytesSaved", new Float64()),
      column("isStatic", new Bool()),
      column("measured", new Utf8()),
      column("histogramValues", new List(column("value", new Float32()))),
      column("histogramCounts", new List(column("count", new Uint32()))),
    ],
    new Map([
      ["schemaVersion", schemaVersion],
      ["runId", runId],
      ["firstStep", String(firstStep)],
    ]),
  );

/**
 * Metadata of a segment.
 *
 * @throws `RangeflowFailure` if it is of another version, or no recording
 */
export const segmentInfo = (path: string, { metadata }: Schema): SegmentInfo => {
  const version = metadata.get("schemaVersion");
  const runId = metadata.get("runId");
  const firstStep = Number(metadata.get("firstStep"));
  if (version !== schemaVersion)
    throw new RangeflowFailure(
      problem(
        path,
        version === undefined
          ? "an Arrow stream without a schema version"
          : `recording schema version ${version}`,
        `version ${schemaVersion}`,
        "read it with the version of rangeflow that wrote it",
      ),
    );
  if (runId === undefined || !Number.isSafeInteger(firstStep))
    throw new RangeflowFailure(
      problem(path, "a schema without run id and first step", "a recording of rangeflow"),
    );
  return metadata.get("origin") === foreignOrigin
    ? { runId, firstStep, isForeign: true }
    : { runId, firstStep };
};

/** Checked first, because most rows have no list, and creating an empty view costs as much as any other. */
const isEmptyAt = ({ offsets }: Pick<ListColumn<Uint8Array>, "offsets">, i: number): boolean =>
  offsets[i] === offsets[i + 1];

const listAt = <T extends ListValues>({ offsets, values }: ListColumn<T>, i: number): T =>
  values.subarray(offsets[i]!, offsets[i + 1]!) as T;

const utf8 = new TextDecoder();

const MeasuredCodec = t.record(t.string, t.readonlyArray(t.number));

const measuredIn = (text: string): Measured => {
  const measured = MeasuredCodec.decode(E.getOrElse<string, unknown>(() => undefined)(decodeJson(text)));
  if (E.isLeft(measured)) throw new Error("measurements that are not numbers by question");
  return measured.right;
};

/** Measurements of row `i` beyond its statistic, if there are any. */
const extrasAt = (columns: StatColumns, i: number): Pick<RangeSeen, "measured" | "histogram"> | undefined => {
  if (isEmptyAt(columns.measured, i) && isEmptyAt(columns.histogramValues, i)) return undefined;
  const json = listAt(columns.measured, i);
  const values = listAt(columns.histogramValues, i);
  return {
    ...(json.length > 0 && { measured: measuredIn(utf8.decode(json)) }),
    ...(values.length > 0 && { histogram: { values, counts: listAt(columns.histogramCounts, i) } }),
  };
};

/** Facts about the site of row `i`, if they are known. */
const factsAt = ({ bits, scheme, projection }: StatColumns, i: number): SiteFacts | undefined => {
  if (bits[i] === 0) return undefined;
  const facts = gridFacts(bits[i]!, scheme.texts[scheme.index[i]!]!);
  const special = projection.projections[projection.index[i]!];
  return special ? projectionFacts(facts, special) : facts;
};

/** What is known of row `i` of an imported recording. */
const foreignAt = (
  { known, minError, maxError, coldStart, rank }: ForeignStatColumns,
  i: number,
): ForeignStat => {
  const stat = {
    known: known.texts[known.index[i]!]!,
    minError: minError[i]!,
    maxError: maxError[i]!,
    coldStart: bitAt(coldStart, i) === 1,
  };
  return rank[i]! < 0 ? stat : { ...stat, rank: rank[i]! };
};

/** Min, max and count of row `i` from its histogram, where they are not recorded. */
const unsaid = ({ min, max, count }: StatColumns, i: number, histogram: Sample): Partial<RangeStat> => ({
  ...(Number.isNaN(min[i]!) && { min: histogram.values[0]! }),
  ...(Number.isNaN(max[i]!) && { max: histogram.values.at(-1)! }),
  ...(count[i] === 0 && { count: sampleSize(histogram) }),
});

/** Row `i` as the original signal. */
export const rowAt = (columns: StatColumns, i: number): RangeSeen => {
  const extras = extrasAt(columns, i);
  const seen = {
    min: columns.min[i]!,
    max: columns.max[i]!,
    count: columns.count[i]!,
    nonFinite: columns.nonFinite[i]!,
    ...(columns.foreign && extras?.histogram && unsaid(columns, i, extras.histogram)),
  };
  const facts = factsAt(columns, i);
  const stat = facts ? { ...seen, facts } : seen;
  const row: RangeSeen = {
    _tag: "RangeSeen",
    site: columns.site.texts[columns.site.index[i]!]!,
    role: columns.role.texts[columns.role.index[i]!]!,
    step: columns.step[i]!,
    estimator: columns.estimator.texts[columns.estimator.index[i]!]!,
    stat: extras ? { ...stat, measure: remembering(extras.measured ?? {}, extras.histogram) } : stat,
    verdict: columns.verdict.texts[columns.verdict.index[i]!]!,
    range: { lo: columns.lo[i]!, hi: columns.hi[i]! },
    isStatic: bitAt(columns.isStatic, i) === 1,
    clipped: columns.clipped[i]!,
    bytesMoved: columns.bytesMoved[i]!,
    bytesSaved: columns.bytesSaved[i]!,
  };
  const seenRow = extras ? { ...row, ...extras } : row;
  return columns.foreign ? { ...seenRow, foreign: foreignAt(columns.foreign, i) } : seenRow;
};
