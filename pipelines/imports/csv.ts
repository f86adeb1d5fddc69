/**
 * @file Tables as text, separated by commas, semicolons or tabs: CSV (RFC 4180, except for line ends within quotes).
 *
 *     step,site,min,max                      one row per tensor
 *     step;site;stat;value                   one row per number; with ; and tabs decimals may have a comma
 *     step,tag,value                         the same, with tags such as conv1/input/min
 *     step,conv1/input/min,conv1/input/max   one row per step
 */
import { BatchBuilder } from "./batchBuilder.ts";
import type { ByteTexts } from "./byteTexts.ts";
import { columnKind, isEpoch, statisticNamed } from "./columnKinds.ts";
import { CellNumbers, Cells, separatorOf } from "./csvCells.ts";
import { MeantTexts } from "./meantTexts.ts";
import type { NumberText } from "./numberText.ts";
import type { Format, Reading } from "./reader.ts";
import { scalarName } from "./scalarName.ts";
import { eachLine, failure, headText, lineBlocks, type Source } from "./source.ts";
import { noteUnused, type StatisticPlace } from "./statisticBatch.ts";
import {
  type ScalarColumns,
  type SiteColumns,
  type StepColumns,
  type TableLayout,
  tableLayout,
} from "./tableLayout.ts";
import { truthExpected, truthIn } from "./truthText.ts";
import { twoValues } from "./twoValues.ts";

/** Everything needed to read a file. */
interface TableReading {
  readonly path: string;
  readonly reading: Reading;
  readonly names: readonly string[];
  readonly cells: Cells;
  readonly numbers: CellNumbers;
  readonly builder: BatchBuilder;
}

/** Handles the line that the cells were found in. */
type TakeLine = (bytes: Uint8Array, line: number) => void;

/** The columns of a file's lines, as rows of a batch. */
const columnsOf = ({ path, reading, names, cells, numbers, builder }: TableReading, layout: TableLayout) => {
  const number = (bytes: Uint8Array, column: number, line: number): NumberText | undefined =>
    numbers.read(bytes, cells, column, names[column] as string, line);
  const text = (texts: ByteTexts, bytes: Uint8Array, column: number): number =>
    cells.isEscaped[column]
      ? texts.ofText(cells.text(bytes, column))
      : texts.of(bytes, cells.from[column] as number, cells.to[column] as number);
  /** A fact in a cell, if it contains one. */
  const fact = (bytes: Uint8Array, column: number | undefined, line: number): number | undefined =>
    column === undefined ? undefined : number(bytes, column, line)?.value;
  /** Begins a row of a site, with the facts that the line states for all its rows. */
  const begin = (bytes: Uint8Array, line: number, site: number): void => {
    if (builder.isFull) {
      reading.take(builder.batch());
      builder.clear();
    }
    builder.add(line, fact(bytes, layout.step, line) ?? Number.NaN, site);
    if (layout.role !== undefined) builder.role(text(builder.roles, bytes, layout.role));
    if (layout.format !== undefined) builder.format(text(builder.formats, bytes, layout.format));
    const rank = fact(bytes, layout.rank, line);
    if (rank !== undefined) builder.rank(rank);
    if (layout.coldStart !== undefined) {
      const said = cells.text(bytes, layout.coldStart);
      const isCold = truthIn(said);
      if (isCold === undefined)
        throw failure(`${path}, line ${line}`, `${said} as ${names[layout.coldStart]}`, truthExpected);
      if (isCold) builder.coldStart();
    }
    const decimals = fact(bytes, layout.precision, line);
    if (decimals !== undefined) builder.precision(decimals);
  };
  const set = (
    { value, halfUnit, form }: Pick<NumberText, "value" | "halfUnit" | "form">,
    { statistic, factor }: Pick<StatisticPlace, "statistic" | "factor">,
  ): void => builder.set(statistic, value * factor, halfUnit * factor, form);
  return { number, text, begin, set };
};

/** Reads lines with one row each. */
const rowTaker = (table: TableReading, layout: SiteColumns): TakeLine => {
  const { path, reading, builder } = table;
  const { number, text, begin, set } = columnsOf(table, layout);
  const { long } = layout;
  const meanings = new MeantTexts(statisticNamed);
  return (bytes, line) => {
    begin(bytes, line, text(builder.sites, bytes, layout.site));
    for (const place of layout.statistics) {
      const read = number(bytes, place.column, line);
      if (read !== undefined) set(read, place);
    }
    if (long === undefined) return;
    const { name, meaning } = meanings.at(text(meanings.texts, bytes, long.statistic));
    if (meaning === undefined) {
      noteUnused(reading.unused, name);
      return;
    }
    const read = number(bytes, long.value, line);
    if (read === undefined) return;
    if (builder.has(meaning.statistic)) throw twoValues(`${path}, line ${line}`, name, meaning.statistic);
    set(read, meaning);
  };
};

/** Reads lines with one number each, whose names contain site and statistic. */
const scalarTaker = (table: TableReading, layout: ScalarColumns): TakeLine => {
  const { reading, builder } = table;
  const { number, text, begin, set } = columnsOf(table, layout);
  const scalars = new MeantTexts(scalarName);
  return (bytes, line) => {
    const { name, meaning: scalar } = scalars.at(text(scalars.texts, bytes, layout.name));
    if (scalar === undefined) {
      noteUnused(reading.unused, name);
      return;
    }
    const read = number(bytes, layout.value, line);
    if (read === undefined) return;
    // Copied, because beginning a row reads other numbers.
    const { value, halfUnit, form } = read;
    begin(bytes, line, builder.sites.ofText(scalar.site));
    if (layout.format === undefined) builder.format(builder.formats.ofText(scalar.format ?? ""));
    set({ value, halfUnit, form }, scalar);
  };
};

/** Reads lines with one step each. They yield a row for each site that they mention. */
const stepTaker = (table: TableReading, layout: StepColumns): TakeLine => {
  const { builder } = table;
  const { number, begin, set } = columnsOf(table, layout);
  const sites = layout.wide.map(({ site, format, statistics }) => ({
    statistics,
    site: builder.sites.ofText(site),
    format: builder.formats.ofText(format),
  }));
  return (bytes, line) => {
    for (const { site, format, statistics } of sites) {
      let isBegun = false;
      for (const place of statistics) {
        const read = number(bytes, place.column, line);
        if (read === undefined) continue;
        // Copied, because beginning a row reads other numbers.
        const { value, halfUnit, form } = read;
        if (!isBegun) {
          begin(bytes, line, site);
          if (layout.format === undefined) builder.format(format);
        }
        isBegun = true;
        set({ value, halfUnit, form }, place);
      }
    }
  };
};

const read = async (source: Source, reading: Reading): Promise<void> => {
  const builder = new BatchBuilder();
  let take: TakeLine | undefined;
  let cells: Cells | undefined;
  let names: readonly string[] = [];
  let unused: readonly string[] = [];
  let rows = 0;
  const begin = (bytes: Uint8Array, from: number, to: number, line: number): void => {
    const header = new TextDecoder().decode(bytes.subarray(from, to));
    const separator = separatorOf(header);
    if (separator === undefined)
      throw failure(
        `${source.path}, line ${line}`,
        `"${header.slice(0, 60)}"`,
        "names of columns, separated by commas, semicolons or tabs",
      );
    cells = new Cells(separator);
    cells.find(bytes, from, to);
    names = Array.from({ length: cells.count }, (_, i) => cells!.text(bytes, i).trim());
    const { path } = source;
    const layout = tableLayout(path, names, reading.columns);
    if (layout.hasEpochs) reading.tookEpochs();
    unused = layout.unused;
    const table = { path, reading, names, cells, numbers: new CellNumbers(path, separator), builder };
    take =
      "wide" in layout
        ? stepTaker(table, layout)
        : "name" in layout
          ? scalarTaker(table, layout)
          : rowTaker(table, layout);
  };
  for await (const block of lineBlocks(source.path, reading.unended))
    eachLine(block, (from, to, line) => {
      if (to === from) return;
      if (cells === undefined || take === undefined) return begin(block.bytes, from, to, line);
      if (!cells.find(block.bytes, from, to))
        throw failure(
          `${source.path}, line ${line}`,
          "a quote that is not closed at the end of a cell",
          "quotes around whole cells of one line",
        );
      if (cells.count !== names.length)
        throw failure(
          `${source.path}, line ${line}`,
          `${cells.count} cells`,
          `${names.length}, as the first line has`,
          cells.count < names.length
            ? "the file may be truncated"
            : "with decimal commas, separate columns with semicolons",
        );
      take(block.bytes, line);
      rows++;
    });
  reading.take(builder.batch());
  for (const name of unused) noteUnused(reading.unused, name, rows);
};

/** Whether the first line names columns that an import knows. */
const matches = (source: Source): boolean => {
  const line =
    headText(source)
      .split(/\r?\n/)
      .find((one) => one !== "") ?? "";
  const separator = separatorOf(line);
  if (separator === undefined) return false;
  return line
    .split(separator)
    .map((name) => name.replaceAll('"', "").trim())
    .some((name) => columnKind(name, new Map()) !== undefined || isEpoch(name));
};

export const csvFormat: Format = {
  name: "csv",
  place: "line",
  hasColumns: true,
  help: "a table with a line of names, separated by commas, semicolons or tabs",
  matches,
  read,
};
