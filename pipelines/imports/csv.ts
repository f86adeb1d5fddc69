/**
 * @file Tables as text, separated by commas, semicolons or tabs: CSV (RFC 4180, but for line ends within quotes).
 *
 *     step,site,min,max                      one row for each tensor
 *     step;site;stat;value                   one row for each number; with ; and tabs decimals may have a comma
 */
import { BatchBuilder } from "./batchBuilder.ts";
import { columnKind } from "./columnKinds.ts";
import { NumberText } from "./numberText.ts";
import type { Format, Reading } from "./reader.ts";
import { eachLine, failure, headText, lineBlocks, type Source } from "./source.ts";
import { noteUnused } from "./statisticBatch.ts";
import { StatisticTexts } from "./statisticTexts.ts";
import { type TableLayout, tableLayout } from "./tableLayout.ts";

const quote = 34;
const space = 32;

const separators = [",", ";", "\t"] as const;
type Separator = (typeof separators)[number];

const withoutQuotes = (text: string): string => text.replace(/"[^"]*"/g, "");

/** What separates a line's cells: what it has most of. */
const separatorOf = (line: string): Separator | undefined => {
  const counts = separators.map((one) => withoutQuotes(line).split(one).length - 1);
  const most = Math.max(...counts);
  return most === 0 ? undefined : separators[counts.indexOf(most)];
};

/** Cells of a line, as places in a block of bytes. */
class Cells {
  readonly from: number[] = [];
  readonly to: number[] = [];
  /** Whether there are two quotes for one in a cell. */
  readonly isEscaped: boolean[] = [];
  count = 0;
  readonly #separator: number;

  constructor(separator: Separator) {
    this.#separator = separator.charCodeAt(0);
  }

  /** Finds the cells of a line; false if a quote is not closed in it, or is closed in the midst of a cell. */
  find(bytes: Uint8Array, from: number, to: number): boolean {
    this.count = 0;
    for (let at = from; ; at++) {
      let start = at;
      let end = at;
      let isEscaped = false;
      if (bytes[at] === quote) {
        start = ++at;
        for (; at < to; at++)
          if (bytes[at] === quote) {
            if (bytes[at + 1] !== quote) break;
            isEscaped = true;
            at++;
          }
        if (at >= to) return false;
        end = at++;
        if (at < to && bytes[at] !== this.#separator) return false;
      } else {
        while (at < to && bytes[at] !== this.#separator) at++;
        end = at;
        while (start < end && bytes[start] === space) start++;
        while (end > start && bytes[end - 1] === space) end--;
      }
      this.from[this.count] = start;
      this.isEscaped[this.count] = isEscaped;
      this.to[this.count++] = end;
      if (at >= to) return true;
    }
  }

  /** The text of a cell; two quotes in a quoted one are one. */
  text(bytes: Uint8Array, cell: number): string {
    const part = bytes.subarray(this.from[cell], this.to[cell]);
    const text = new TextDecoder().decode(part);
    return this.isEscaped[cell] ? text.replaceAll('""', '"') : text;
  }
}

/** Words for a value that is not there. */
const isMissing = (text: string): boolean => /^(null|none|na|n\/a|-)?$/i.test(text);

/** Reads cells as numbers; decimals have a point, or all of them a comma where that separates no cells. */
class CellNumbers {
  readonly #path: string;
  readonly #point = new NumberText(".");
  readonly #comma: NumberText | undefined;
  /** First line in which decimals had a point, and a comma. */
  readonly #lines: [point: number, comma: number] = [0, 0];

  constructor(path: string, separator: Separator) {
    this.#path = path;
    this.#comma = separator === "," ? undefined : new NumberText(",");
  }

  /** The number in a cell; undefined where it says that there is none. */
  read(bytes: Uint8Array, cells: Cells, cell: number, name: string, line: number): NumberText | undefined {
    const [from, to] = [cells.from[cell] as number, cells.to[cell] as number];
    if (this.#point.read(bytes, from, to)) {
      if ((this.#point.form & 255) > 0) this.#note(0, line);
      return this.#point;
    }
    if (this.#comma?.read(bytes, from, to)) {
      this.#note(1, line);
      return this.#comma;
    }
    const text = cells.text(bytes, cell);
    if (isMissing(text)) return undefined;
    throw failure(
      `${this.#path}, line ${line}`,
      `"${text.slice(0, 40)}" as ${name}`,
      "a number",
      this.#comma === undefined && text.includes(",")
        ? "with decimal commas, separate columns with semicolons"
        : "leave a value that is not known empty",
    );
  }

  #note(mark: 0 | 1, line: number): void {
    if (this.#lines[mark] === 0) this.#lines[mark] = line;
    const [point, comma] = this.#lines;
    if (point > 0 && comma > 0)
      throw failure(
        `${this.#path}, line ${line}`,
        `decimals with a ${mark === 0 ? "point" : "comma"}, where line ${mark === 0 ? comma : point} has a ${mark === 0 ? "comma" : "point"}`,
        "one of both in a file",
        "write all numbers in one way",
      );
  }
}

/** Function that adds the row of a line to a batch. */
const rowTaker = (
  reading: Reading,
  names: readonly string[],
  layout: TableLayout,
  cells: Cells,
  numbers: CellNumbers,
  builder: BatchBuilder,
) => {
  const number = (bytes: Uint8Array, column: number, line: number) =>
    numbers.read(bytes, cells, column, names[column] as string, line);
  const { long } = layout;
  const meanings = new StatisticTexts();
  const cellText = (bytes: Uint8Array, column: number): string => cells.text(bytes, column);
  const indexIn = (texts: BatchBuilder["sites"], bytes: Uint8Array, column: number): number =>
    cells.isEscaped[column]
      ? texts.ofText(cellText(bytes, column))
      : texts.of(bytes, cells.from[column] as number, cells.to[column] as number);
  const set = (
    bytes: Uint8Array,
    column: number,
    line: number,
    statistic: Parameters<BatchBuilder["set"]>[0],
    factor: number,
  ): void => {
    const read = number(bytes, column, line);
    if (read !== undefined) builder.set(statistic, read.value * factor, read.halfUnit * factor, read.form);
  };
  /** What a cell says of its row, if it says anything. */
  const fact = (bytes: Uint8Array, column: number | undefined, line: number): number | undefined =>
    column === undefined ? undefined : number(bytes, column, line)?.value;
  return (bytes: Uint8Array, line: number): void => {
    builder.add(
      line,
      number(bytes, layout.step, line)?.value ?? Number.NaN,
      indexIn(builder.sites, bytes, layout.site),
    );
    if (layout.role !== undefined) builder.role(indexIn(builder.roles, bytes, layout.role));
    if (layout.format !== undefined) builder.format(indexIn(builder.formats, bytes, layout.format));
    const rank = fact(bytes, layout.rank, line);
    if (rank !== undefined) builder.rank(rank);
    if (layout.coldStart !== undefined && /^(1|true)$/i.test(cellText(bytes, layout.coldStart)))
      builder.coldStart();
    const decimals = fact(bytes, layout.precision, line);
    if (decimals !== undefined) builder.precision(decimals);
    for (const { column, statistic, factor } of layout.statistics)
      set(bytes, column, line, statistic, factor);
    if (long === undefined) return;
    const { name, meaning } = meanings.at(indexIn(meanings.texts, bytes, long.statistic));
    if (meaning === undefined) noteUnused(reading.unused, name);
    else set(bytes, long.value, line, meaning.statistic, meaning.factor);
  };
};

const read = async (source: Source, reading: Reading): Promise<void> => {
  const builder = new BatchBuilder();
  let take: ((bytes: Uint8Array, line: number) => void) | undefined;
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
    const layout = tableLayout(source.path, names, reading.columns);
    unused = layout.unused;
    take = rowTaker(reading, names, layout, cells, new CellNumbers(source.path, separator), builder);
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
            ? "the file may be cut"
            : "with decimal commas, separate columns with semicolons",
        );
      take(block.bytes, line);
      rows++;
      if (builder.isFull) {
        reading.take(builder.batch());
        builder.clear();
      }
    });
  reading.take(builder.batch());
  for (const name of unused) noteUnused(reading.unused, name, rows);
};

/** A text whose first line names columns that an import knows. */
const matches = (source: Source): boolean => {
  const line =
    headText(source)
      .split(/\r?\n/)
      .find((one) => one !== "") ?? "";
  const separator = separatorOf(line);
  if (separator === undefined) return false;
  return line
    .split(separator)
    .some((name) => columnKind(name.replaceAll('"', "").trim(), new Map()) !== undefined);
};

export const csvFormat: Format = {
  name: "csv",
  place: "line",
  hasColumns: true,
  help: "a table with a line of names, separated by commas, semicolons or tabs",
  matches,
  read,
};
