/** @file Parquet, read one group of rows after the other; hyparquet knows the format. */
import {
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { RangeflowFailure } from "../../core/errors.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { openRegular, type RegularFile } from "../files/regularFile.ts";
import type { ByteTexts } from "./byteTexts.ts";
import { ColumnarBatches } from "./columnarBatch.ts";
import { compressorsFor } from "./parquetCompressors.ts";
import type { Format, Reading } from "./reader.ts";
import { failure, type Source } from "./source.ts";
import type { StatisticColumn } from "./statisticBatch.ts";
import { type TableLayout, tableLayout } from "./tableLayout.ts";

const mark = "PAR1";

/** The sentence of what cannot be decoded. */
const noTable = (path: string, error: unknown): Error =>
  error instanceof RangeflowFailure
    ? error
    : failure(
        path,
        `contents that cannot be read as Parquet (${reasonOf(error)})`,
        "a whole Parquet file",
        "it may be cut or damaged, copy it again",
      );

const decoded = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    throw noTable(path, error);
  }
};

/** Pieces of a column, in order. */
type Pieces = readonly DecodedArray[];

const numbersIn = (pieces: Pieces, rows: number, wrong: (value: unknown) => Error): StatisticColumn => {
  const values = new Float64Array(rows);
  const given = new Uint8Array(rows).fill(1);
  let at = 0;
  for (const piece of pieces) {
    if (piece instanceof Float64Array || piece instanceof Float32Array || piece instanceof Int32Array) {
      values.set(piece, at);
      at += piece.length;
      continue;
    }
    for (let i = 0; i < piece.length; i++, at++) {
      const value: unknown = piece[i];
      if (typeof value === "number") values[at] = value;
      else if (typeof value === "bigint" || typeof value === "boolean") values[at] = Number(value);
      else if (value == null) given[at] = 0;
      else throw wrong(value);
    }
  }
  return { values, given };
};

const textsIn = (
  pieces: Pieces,
  rows: number,
  texts: ByteTexts,
  wrong: (value: unknown) => Error,
): Int32Array => {
  const index = new Int32Array(rows);
  let at = 0;
  for (const piece of pieces)
    for (let i = 0; i < piece.length; i++, at++) {
      const value: unknown = piece[i];
      if (value != null && typeof value !== "string") throw wrong(value);
      index[at] = texts.ofText(value ?? "");
    }
  return index;
};

const columnsOf = ({
  step,
  site,
  role,
  rank,
  format,
  precision,
  coldStart,
  long,
  statistics,
}: TableLayout): readonly number[] =>
  [
    ...[step, site, role, rank, format, precision, coldStart, long?.statistic, long?.value],
    ...statistics.map(({ column }) => column),
  ].filter((column) => column !== undefined);

const readGroups = async (
  path: string,
  file: RegularFile,
  { columns, unused, take }: Reading,
): Promise<void> => {
  const buffer = {
    byteLength: file.size,
    slice: (from: number, to = file.size): ArrayBuffer => Uint8Array.from(file.read(from, to)).buffer,
  };
  const metadata: FileMetaData = await decoded(path, () => parquetMetadataAsync(buffer));
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const layout = tableLayout(path, names, columns);
  const wanted = columnsOf(layout).map((column) => names[column] as string);
  const compressors: Compressors = await compressorsFor(path, metadata);
  const batches = new ColumnarBatches(layout, unused);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const rowEnd = rowStart + rows;
    const pieces = new Map<string, DecodedArray[]>(wanted.map((name) => [name, []]));
    await decoded(path, () =>
      parquetRead({
        ...{ file: buffer, metadata, compressors, columns: wanted, rowStart, rowEnd },
        onChunk: ({ columnName, columnData }) => pieces.get(columnName)?.push(columnData),
      }),
    );
    const piecesOf = (column: number): Pieces => {
      const found = pieces.get(names[column] as string) ?? [];
      const length = found.reduce((sum, piece) => sum + piece.length, 0);
      if (length === rows) return found;
      throw noTable(path, new Error(`${length} values of ${names[column]} in a group of ${rows} rows`));
    };
    const wrong =
      (column: number, expected: string) =>
      (value: unknown): Error =>
        failure(`${path}, column ${names[column]}`, `a value ${String(value).slice(0, 40)}`, expected);
    take(
      batches.batch({
        rows,
        firstRow: rowStart + 1,
        numbers: (column) => numbersIn(piecesOf(column), rows, wrong(column, "numbers")),
        texts: (column, texts) => textsIn(piecesOf(column), rows, texts, wrong(column, "texts")),
      }),
    );
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
  help: "a table in Parquet",
  isSeekable: true,
  matches: ({ head }) => Buffer.from(head.subarray(0, mark.length)).toString("latin1") === mark,
  read,
};
