/** @file Arrow columns with nulls, made from whole arrays. */
import {
  type Bool,
  type Data,
  type DataType,
  type Dictionary,
  type Float32,
  type Float64,
  type List,
  makeData,
  type Utf8,
} from "apache-arrow";
import { setBit } from "./bits.ts";
import type { textIndex } from "./growingColumns.ts";
import type { ColumnNumbers, ListValues, TextColumn } from "./statColumns.ts";

/** Validity of rows: bits, least significant bit first, and the number of nulls. */
interface Validity {
  readonly nullBitmap: Uint8Array;
  readonly nullCount: number;
}

const allThere: Partial<Validity> & { readonly nullCount: number } = { nullCount: 0 };

const bitsWhere = (rows: number, isSet: (i: number) => boolean): { bits: Uint8Array; set: number } => {
  const bits = new Uint8Array(Math.ceil(rows / 8));
  let set = 0;
  for (let i = 0; i < rows; i++)
    if (isSet(i)) {
      setBit(bits, i, true);
      set++;
    }
  return { bits, set };
};

/** Validity of rows. A bitmap is made only if there are nulls. */
const validity = (rows: number, isThere: (i: number) => boolean): typeof allThere => {
  let i = 0;
  while (i < rows && isThere(i)) i++;
  if (i === rows) return allThere;
  const { bits, set } = bitsWhere(rows, isThere);
  return { nullBitmap: bits, nullCount: rows - set };
};

/** A column of nulls. If `data` is shared, only its length takes space. */
const nulls = (rows: number): Validity => ({
  nullBitmap: new Uint8Array(Math.ceil(rows / 8)),
  nullCount: rows,
});

/** Numbers from `from` to `end`, null unless `isKnown`; all null without an array. */
export const numberData = <T extends ColumnNumbers>(
  type: DataType,
  [from, end]: readonly [number, number],
  values: T | undefined,
  kind: new (n: number) => T,
  isKnown?: (value: number) => boolean,
): Data => {
  const length = end - from;
  const data = values ? (values.subarray(from, end) as T) : new kind(length);
  const there =
    values === undefined
      ? nulls(length)
      : isKnown
        ? validity(length, (i) => isKnown(data[i] as number))
        : allThere;
  return makeData({ type: type as Float64, length, data: data as Float64Array, ...there });
};

/** Flags, one byte per row, as bits. */
export const flagData = (
  type: DataType,
  [from, end]: readonly [number, number],
  flags: Uint8Array | undefined,
): Data => {
  const length = end - from;
  const data = bitsWhere(length, (i) => flags !== undefined && flags[from + i] !== 0).bits;
  return makeData({ type: type as Bool, length, data, ...(flags ? allThere : nulls(length)) });
};

/** Texts by index in a dictionary that all batches share; a negative index is null. */
export const textData = (
  type: DataType,
  [from, end]: readonly [number, number],
  column: TextColumn | undefined,
  all: ReturnType<typeof textIndex>,
): Data => {
  const length = end - from;
  const data = new Int32Array(length);
  if (column === undefined)
    return makeData({
      type: type as Dictionary,
      ...{ length, data, dictionary: all.dictionary() },
      ...nulls(length),
    });
  const { texts, index } = column;
  const places = new Int32Array(texts.length).fill(-1);
  for (let i = 0; i < length; i++) {
    const local = index[from + i] as number;
    if (local < 0) continue;
    if ((places[local] as number) < 0) places[local] = all.of(texts[local] as string);
    data[i] = places[local] as number;
  }
  const there = validity(length, (i) => (index[from + i] as number) >= 0);
  return makeData({
    type: type as Dictionary,
    ...{ length, data, dictionary: all.dictionary() },
    ...there,
  });
};

/**
 * Texts or lists of numbers from `from` to `end`; rows without one are null.
 *
 * @param listAt undefined if no row has one
 * @param item type of an element; undefined for texts
 */
export const listData = <T extends ListValues>(
  type: DataType,
  [from, end]: readonly [number, number],
  listAt: ((i: number) => T | undefined) | undefined,
  kind: new (n: number) => T,
  item?: DataType,
): Data => {
  const length = end - from;
  const lists = Array.from({ length: listAt ? length : 0 }, (_, i) => listAt?.(from + i));
  const valueOffsets = new Int32Array(length + 1);
  for (let i = 0; i < length; i++)
    valueOffsets[i + 1] = (valueOffsets[i] as number) + (lists[i]?.length ?? 0);
  const data = new kind(valueOffsets[length] as number);
  for (const [i, list] of lists.entries()) if (list) data.set(list as never, valueOffsets[i] as number);
  const there = listAt ? validity(length, (i) => lists[i] !== undefined) : nulls(length);
  if (item === undefined)
    return makeData({ type: type as Utf8, length, valueOffsets, data: data as Uint8Array, ...there });
  const child = makeData({
    type: item as Float32,
    length: data.length,
    nullCount: 0,
    data: data as Float32Array,
  });
  return makeData({ type: type as List, length, valueOffsets, child, ...there });
};
