/** @file Parquet, read one row group after the other with hyparquet. */
import { setImmediate } from "node:timers/promises";
import {
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from "hyparquet";
import { openRegular, type RegularFile } from "../files/regularFile.ts";
import type { TextColumn } from "../files/statColumns.ts";
import type { ByteTexts } from "./byteTexts.ts";
import { type ColumnAccess, ColumnarBatches } from "./columnarBatch.ts";
import { flagsIn, listsIn, numbersIn, type Pieces, textsIn } from "./parquetColumns.ts";
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

/** Numbers of columns, by required type. */
type Wanted = Readonly<Record<"texts" | "numbers" | "flags" | "lists", readonly number[]>>;

/** Columns that a layout uses. */
const columnsOf = (layout: TableLayout): Wanted => {
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

/** An open Parquet file. */
interface Opened {
  readonly path: string;
  readonly buffer: {
    readonly byteLength: number;
    readonly slice: (from: number, to?: number) => ArrayBuffer;
  };
  readonly metadata: FileMetaData;
  readonly root: SchemaTree;
  readonly names: readonly string[];
  readonly compressors: Compressors;
}

/** Reads everything but the rows. */
const opened = async (path: string, file: RegularFile): Promise<Opened> => {
  const buffer = {
    byteLength: file.size,
    slice: (from: number, to = file.size): ArrayBuffer => file.read(from, to).slice().buffer as ArrayBuffer,
  };
  const metadata = await decoded(path, () => parquetMetadataAsync(buffer));
  const root = parquetSchema(metadata);
  const names = root.children.map(({ element }) => element.name);
  // The types guarantee names, but damaged files may have columns without one.
  if (names.some((name: unknown) => typeof name !== "string"))
    throw noTable(path, new Error("a column without a name"));
  return { path, buffer, metadata, root, names, compressors: await compressorsFor(path, metadata) };
};

/** A group of rows of a file. */
interface Rows {
  readonly group: RowGroup;
  /** Number of its first row in the file, from 0. */
  readonly rowStart: number;
  readonly rows: number;
}

/** Decodes one column of a group, so that only one is in memory as JavaScript values. */
const piecesOf = async (
  { path, buffer, metadata, names, compressors }: Opened,
  { rowStart, rows }: Rows,
  column: number,
): Promise<Pieces> => {
  const [name, pieces] = [names[column] as string, [] as DecodedArray[]];
  await decoded(path, () =>
    parquetRead({
      ...{ file: buffer, metadata, compressors, columns: [name], rowStart, rowEnd: rowStart + rows },
      onChunk: ({ columnData }) => pieces.push(columnData),
    }),
  );
  await setImmediate();
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length === rows) return pieces;
  throw noTable(path, new Error(`${length} values of ${name} in a group of ${rows} rows`));
};

/** Reads one column of a group page by page; undefined if it is not stored that way. */
const flatOf = async <T>(
  { path, buffer, root, names, compressors }: Opened,
  { group }: Rows,
  column: number,
  isOfType: (flat: FlatColumn) => boolean,
  read: (flat: FlatColumn, bytes: ArrayBuffer) => T,
): Promise<T | undefined> => {
  const flat = flatColumn(root, group, names[column] as string, compressors);
  if (flat === undefined || !isOfType(flat)) return undefined;
  await setImmediate();
  return decoded(path, async () => read(flat, buffer.slice(flat.from, flat.to)));
};

/** Reads the wanted columns of a group, one after the other. */
const groupColumns = async (file: Opened, group: Rows, wanted: Wanted): Promise<ColumnAccess> => {
  const { rows, rowStart } = group;
  const wrong =
    (column: number, expected: string) =>
    (value: unknown): Error =>
      failure(
        `${file.path}, column ${file.names[column]}`,
        `a value ${String(value).slice(0, 40)}`,
        expected,
      );
  const each = async <T>(columns: readonly number[], read: (column: number) => Promise<T>) => {
    const found = new Map<number, T>();
    for (const column of columns) found.set(column, await read(column));
    return (column: number): T => found.get(column) as T;
  };
  const pieces = (column: number): Promise<Pieces> => piecesOf(file, group, column);
  const numbers = await each(
    wanted.numbers,
    async (column) =>
      (await flatOf(file, group, column, isOfNumbers, flatNumbers)) ??
      numbersIn(await pieces(column), rows, wrong(column, "numbers")),
  );
  const flags = await each(wanted.flags, async (column) =>
    flagsIn(await pieces(column), rows, wrong(column, "truth values")),
  );
  const lists = await each(wanted.lists, async (column) =>
    listsIn(await pieces(column), wrong(column, "lists of numbers")),
  );
  const texts = await each(
    wanted.texts,
    async (column): Promise<TextColumn> =>
      (await flatOf(file, group, column, isOfTexts, flatTexts)) ??
      textsIn(await pieces(column), rows, wrong(column, "texts")),
  );
  const placed = (column: number, all: ByteTexts): Int32Array => {
    const { texts: own, index } = texts(column);
    const places = own.map((text) => all.ofText(text));
    return index.map((place) => places[place] as number);
  };
  return { rows, firstRow: rowStart + 1, numbers, flags, texts: placed, lists };
};

const readGroups = async (
  file: Opened,
  { columns, unused, tookEpochs, take, expect }: Reading,
): Promise<void> => {
  const { path, metadata, names } = file;
  const layout = tableLayout(path, names, columns, true);
  if (layout.hasEpochs) tookEpochs();
  const wanted = columnsOf(layout);
  const times = timesIn(metadata);
  const timed = wanted.numbers.map((column) => names[column] as string).find((name) => times.has(name));
  if (timed !== undefined) throw failure(`${path}, column ${timed}`, `type ${times.get(timed)}`, "numbers");
  const batches = new ColumnarBatches(path, layout, unused);
  expect(Number(metadata.num_rows));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const access = await groupColumns(file, { group, rowStart, rows }, wanted);
    for (const batch of batches.batches(access)) take(batch);
    rowStart += rows;
  }
};

const read = async ({ path }: Source, reading: Reading): Promise<void> => {
  const file = openRegular(path, "a Parquet file");
  try {
    await readGroups(await opened(path, file), reading);
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
