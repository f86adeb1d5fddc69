/** @file Columns of Parquet from the pieces that hyparquet decodes: numbers, booleans, texts and lists, each checked for its type. */
import type { DecodedArray } from "hyparquet";
import type { TextColumn } from "../files/statColumns.ts";
import type { StatisticColumn } from "./statisticBatch.ts";

/** Pieces of a column, in order. */
export type Pieces = readonly DecodedArray[];

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

/** A column of numbers, some of which may be missing. */
export const numbersIn = (
  pieces: Pieces,
  rows: number,
  wrong: (value: unknown) => Error,
): StatisticColumn => {
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
export const flagsIn = (pieces: Pieces, rows: number, wrong: (value: unknown) => Error): Uint8Array => {
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
export const textsIn = (pieces: Pieces, rows: number, wrong: (value: unknown) => Error): TextColumn => {
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
export const listsIn = (
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
