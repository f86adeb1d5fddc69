/** @file Parquet, read one row group after the other with hyparquet. */
import { setImmediate } from "node:timers/promises";
import {
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { openRegular, type RegularFile } from "../files/regularFile.ts";
import type { TextColumn } from "../files/statColumns.ts";
import type { ByteTexts } from "./byteTexts.ts";
import { ColumnarBatches } from "./columnarBatch.ts";
import { compressorsFor } from "./parquetCompressors.ts";
import {
  type FlatColumn,
  flatColumn,
  flatNumbers,
  flatTexts,
  isOfNumbers,
  isOfTexts,
} from "./parquetPages.ts";
import { timesIn } from "./parquetTypes.ts";
import type { Format, Reading } from "./reader.ts";
import { failure, type Source } from "./source.ts";
import type { StatisticColumn } from "./statisticBatch.ts";
import { type ScalarColumns, type SiteColumns, type TableLayout, tableLayout } from "./tableLayout.ts";
import { undecodable } from "./undecodable.ts";

const mark = "PAR1";

/** Message for contents that cannot be decoded. */
const noTable = undecodable({
  found: "contents that cannot be read as Parquet",
  expected: "a whole Parquet file",
  hint: "it may be truncated or damaged, copy it again",
});

const decoded = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    throw noTable(path, error);
  }
};

/** Pieces of a column, in order. */
type Pieces = readonly DecodedArray[];

/** Fills in a piece of plain JavaScript values, as nullable columns are decoded. */
const fillValues = (
  piece: readonly unknown[],
  { values, given }: StatisticColumn,
  at: number,
  wrong: (value: unknown) => Error,
): void => {
  for (let i = 0; i < piece.length; i++) {
    const value = piece[i];
    if (typeof value === "number") values[at + i] = value;
    else if (typeof value === "bigint") values[at + i] = Number(value);
    else if (value == null) given[at + i] = 0;
    else throw wrong(value);
  }
};

const numbersIn = (pieces: Pieces, rows: number, wrong: (value: unknown) => Error): StatisticColumn => {
  const column = { values: new Float64Array(rows), given: new Uint8Array(rows).fill(1) };
  let at = 0;
  for (const piece of pieces) {
    if (Array.isArray(piece)) fillValues(piece, column, at, wrong);
    else if (piece instanceof BigInt64Array || piece instanceof BigUint64Array)
      for (let i = 0; i < piece.length; i++) column.values[at + i] = Number(piece[i]);
    else column.values.set(piece as Float64Array, at);
    at += piece.length;
  }
  return column;
};

/** A column of booleans, or of numbers with 0 as false. */
const flagsIn = (pieces: Pieces, rows: number, wrong: (value: unknown) => Error): Uint8Array => {
  const flags = new Uint8Array(rows);
  let at = 0;
  for (const piece of pieces)
    for (let i = 0; i < piece.length; i++, at++) {
      const value: unknown = piece[i] ?? false;
      if (typeof value !== "boolean" && typeof value !== "number" && typeof value !== "bigint")
        throw wrong(value);
      flags[at] = Number(Boolean(value));
    }
  return flags;
};

/** A column of texts: row i is `texts[index[i]]`. */
const textsIn = (pieces: Pieces, rows: number, wrong: (value: unknown) => Error): TextColumn => {
  const index = new Int32Array(rows);
  const places = new Map<string, number>();
  let at = 0;
  for (const piece of pieces)
    for (let i = 0; i < piece.length; i++, at++) {
      const value: unknown = piece[i] ?? "";
      if (typeof value !== "string") throw wrong(value);
      let place = places.get(value);
      if (place === undefined) {
        place = places.size;
        places.set(value, place);
      }
      index[at] = place;
    }
  return { texts: [...places.keys()], index };
};

/** A column of lists of numbers. */
const listsIn = (
  pieces: Pieces,
  wrong: (value: unknown) => Error,
): readonly (ArrayLike<number> | undefined)[] =>
  pieces.flatMap((piece) =>
    Array.from(piece as ArrayLike<unknown>, (value) => {
      if (value == null) return undefined;
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw wrong(value);
      // A list with other elements is no histogram. The error is reported with its row.
      return Float64Array.from(value as ArrayLike<unknown>, (one) =>
        typeof one === "number" || typeof one === "bigint" ? Number(one) : Number.NaN,
      );
    }),
  );

/** Columns that a layout uses, by required type. */
const columnsOf = (
  layout: TableLayout,
): Readonly<Record<"texts" | "numbers" | "flags" | "lists", readonly number[]>> => {
  const { step, role, rank, format, precision, coldStart } = layout;
  const present = (...columns: readonly (number | undefined)[]): readonly number[] =>
    columns.filter((column) => column !== undefined);
  const { site, long, histogram, statistics = [] }: Partial<SiteColumns> = "site" in layout ? layout : {};
  const { name, value }: Partial<ScalarColumns> = "name" in layout ? layout : {};
  const ofSites = "wide" in layout ? layout.wide.flatMap((one) => one.statistics) : statistics;
  return {
    texts: present(site, name, role, format, long?.statistic),
    numbers: present(step, rank, precision, value, long?.value, ...ofSites.map(({ column }) => column)),
    flags: present(coldStart),
    lists: present(histogram?.bins, histogram?.counts),
  };
};

const readGroups = async (
  path: string,
  file: RegularFile,
  { columns, unused, tookEpochs, take, expect }: Reading,
): Promise<void> => {
  const buffer = {
    byteLength: file.size,
    slice: (from: number, to = file.size): ArrayBuffer => file.read(from, to).slice().buffer as ArrayBuffer,
  };
  const metadata: FileMetaData = await decoded(path, () => parquetMetadataAsync(buffer));
  const root = parquetSchema(metadata);
  const names = root.children.map(({ element }) => element.name);
  // The types guarantee names, but damaged files may have columns without one.
  if (names.some((name: unknown) => typeof name !== "string"))
    throw noTable(path, new Error("a column without a name"));
  const layout = tableLayout(path, names, columns, true);
  if (layout.hasEpochs) tookEpochs();
  const wanted = columnsOf(layout);
  const times = timesIn(metadata);
  const timed = wanted.numbers.map((column) => names[column] as string).find((name) => times.has(name));
  if (timed !== undefined) throw failure(`${path}, column ${timed}`, `type ${times.get(timed)}`, "numbers");
  const compressors: Compressors = await compressorsFor(path, metadata);
  const batches = new ColumnarBatches(path, layout, unused);
  expect(Number(metadata.num_rows));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const rowEnd = rowStart + rows;
    /** Decodes one column at a time, so that only one is in memory as JavaScript values. */
    const piecesOf = async (column: number): Promise<Pieces> => {
      const [name, pieces] = [names[column] as string, [] as DecodedArray[]];
      await decoded(path, () =>
        parquetRead({
          ...{ file: buffer, metadata, compressors, columns: [name], rowStart, rowEnd },
          onChunk: ({ columnData }) => pieces.push(columnData),
        }),
      );
      await setImmediate();
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      if (length === rows) return pieces;
      throw noTable(path, new Error(`${length} values of ${name} in a group of ${rows} rows`));
    };
    const wrong =
      (column: number, expected: string) =>
      (value: unknown): Error =>
        failure(`${path}, column ${names[column]}`, `a value ${String(value).slice(0, 40)}`, expected);
    /** Reads a column page by page, if possible. */
    const flatOf = async <T>(
      column: number,
      isOfType: (flat: FlatColumn) => boolean,
      read: (flat: FlatColumn, bytes: ArrayBuffer) => T,
    ): Promise<T | undefined> => {
      const flat = flatColumn(root, group, names[column] as string, compressors);
      if (flat === undefined || !isOfType(flat)) return undefined;
      await setImmediate();
      return decoded(path, async () => read(flat, buffer.slice(flat.from, flat.to)));
    };
    const numbers = new Map<number, StatisticColumn>();
    for (const column of wanted.numbers)
      numbers.set(
        column,
        (await flatOf(column, isOfNumbers, flatNumbers)) ??
          numbersIn(await piecesOf(column), rows, wrong(column, "numbers")),
      );
    const flags = new Map<number, Uint8Array>();
    for (const column of wanted.flags)
      flags.set(column, flagsIn(await piecesOf(column), rows, wrong(column, "truth values")));
    const lists = new Map<number, ReturnType<typeof listsIn>>();
    for (const column of wanted.lists)
      lists.set(column, listsIn(await piecesOf(column), wrong(column, "lists of numbers")));
    const texts = new Map<number, TextColumn>();
    for (const column of wanted.texts)
      texts.set(
        column,
        (await flatOf(column, isOfTexts, flatTexts)) ??
          textsIn(await piecesOf(column), rows, wrong(column, "texts")),
      );
    const placed = (column: number, all: ByteTexts): Int32Array => {
      const { texts: own, index } = texts.get(column) as TextColumn;
      const places = own.map((text) => all.ofText(text));
      return index.map((place) => places[place] as number);
    };
    const access = {
      rows,
      firstRow: rowStart + 1,
      numbers: (column: number) => numbers.get(column) as StatisticColumn,
      flags: (column: number) => flags.get(column) as Uint8Array,
      texts: placed,
      lists: (column: number) => lists.get(column) as ReturnType<typeof listsIn>,
    };
    for (const batch of batches.batches(access)) take(batch);
    rowStart = rowEnd;
  }
};

const read = async ({ path }: Source, reading: Reading): Promise<void> => {
  const file = openRegular(path, "a Parquet file");
  try {
    await readGroups(path, file, reading);
  } finally {
    file.close();
  }
};

export const parquetFormat: Format = {
  name: "parquet",
  place: "row",
  hasColumns: true,
  help: "a table in Parquet",
  isSeekable: true,
  matches: ({ head }) => Buffer.from(head.subarray(0, mark.length)).toString("latin1") === mark,
  read,
};
