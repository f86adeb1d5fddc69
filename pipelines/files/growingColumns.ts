/** @file Columns of values with variable lengths: dictionaries of texts, and lists, which are empty in most rows. */
import {
  type Data,
  type DataType,
  Float32,
  type List,
  makeData,
  Uint32,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import type { ListValues } from "./statColumns.ts";

/** Numbers texts in the order of their first appearance, as an Arrow dictionary. */
export const textIndex = () => {
  const indices = new Map<string, number>();
  let texts: Vector<Utf8> | undefined;
  return {
    of: (text: string): number => {
      const known = indices.get(text);
      if (known !== undefined) return known;
      texts = undefined;
      indices.set(text, indices.size);
      return indices.size - 1;
    },
    /** Returns the same vector until a new text appears. Arrow then writes the whole dictionary again, which every reader supports. */
    dictionary: (): Vector<Utf8> => {
      texts ??= vectorFromArray([...indices.keys()], new Utf8());
      return texts;
    },
  };
};

/** Lists row by row in Arrow's layout: all values one after the other, and the start of each row. */
const listColumn = <T extends ListValues>(
  capacity: number,
  concat: (parts: readonly T[], length: number) => T,
) => {
  const offsets = new Int32Array(capacity + 1);
  let parts: T[] = [];
  return {
    set: (i: number, values: T | undefined): void => {
      if (values) parts.push(values);
      offsets[i + 1] = (offsets[i] as number) + (values?.length ?? 0);
    },
    /** Returns the lists of the first `rows` rows and empties the column. */
    take: (rows: number): { readonly valueOffsets: Int32Array; readonly data: T } => {
      const data = concat(parts, offsets[rows] as number);
      parts = [];
      return { valueOffsets: offsets.slice(0, rows + 1), data };
    },
  };
};

const joined =
  <T extends ListValues>(make: new (length: number) => T) =>
  (parts: readonly T[], length: number): T => {
    const all = new make(length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };

export interface GrowingColumn<T> {
  readonly set: (i: number, value: T | undefined) => void;
  readonly take: (rows: number) => Data;
}

const utf8 = new TextEncoder();

/** Texts; a row without one has an empty text. */
export const textColumn = (capacity: number): GrowingColumn<string> => {
  const bytes = listColumn(capacity, joined(Uint8Array));
  return {
    set: (i, text) => bytes.set(i, text === undefined ? undefined : utf8.encode(text)),
    take: (rows) => makeData({ type: new Utf8(), length: rows, nullCount: 0, ...bytes.take(rows) }),
  };
};

const numberColumn = <T extends Float32Array | Uint32Array>(
  capacity: number,
  type: DataType,
  item: DataType,
  make: new (length: number) => T,
): GrowingColumn<T> => {
  const lists = listColumn(capacity, joined(make));
  return {
    set: (i, values) => lists.set(i, values),
    take: (rows) => {
      const { valueOffsets, data } = lists.take(rows);
      const child = makeData({
        type: item as Float32,
        length: data.length,
        nullCount: 0,
        data: data as Float32Array,
      });
      return makeData({ type: type as List, length: rows, nullCount: 0, valueOffsets, child });
    },
  };
};

/** Lists of float32, of the type of their column. */
export const float32Column = (capacity: number, type: DataType): GrowingColumn<Float32Array> =>
  numberColumn<Float32Array>(capacity, type, new Float32(), Float32Array);

/** Lists of unsigned 32-bit integers, of the type of their column. */
export const uint32Column = (capacity: number, type: DataType): GrowingColumn<Uint32Array> =>
  numberColumn<Uint32Array>(capacity, type, new Uint32(), Uint32Array);
