/** @file Columns of Arrow tables as numbers, booleans, texts and lists, for all types that allow it. */
import { type Data, DataType, type Vector } from "apache-arrow";
import { float16 } from "../../core/float16.ts";
import { bitAt } from "../files/bits.ts";
import type { ByteTexts } from "./byteTexts.ts";
import { floatsOf, isLongs } from "./longs.ts";
import type { StatisticColumn } from "./statisticBatch.ts";

/** A buffer that is checked to be long enough for its rows; those of damaged files may not be. @throws `RangeError` if it is not */
const whole = <T extends { readonly length: number }>(buffer: T, elements: number): T => {
  if (buffer.length >= elements) return buffer;
  throw new RangeError(`${buffer.length} elements of a column where ${elements} are needed`);
};

const isGiven = ({ nullCount, nullBitmap }: Data, rows: number): Uint8Array => {
  const given = new Uint8Array(rows).fill(1);
  if (nullCount === 0 || nullBitmap === undefined) return given;
  const bits = whole(nullBitmap, rows / 8);
  for (let i = 0; i < rows; i++) given[i] = bitAt(bits, i);
  return given;
};

/** A column as numbers; undefined if its type does not allow it. */
export const numbersIn = (data: Data, rows: number): StatisticColumn | undefined => {
  const type: DataType = data.type;
  const values: unknown = data.values;
  if (DataType.isNull(type)) return { values: new Float64Array(rows), given: new Uint8Array(rows) };
  const given = isGiven(data, rows);
  if (!DataType.isInt(type) && !DataType.isFloat(type)) return undefined;
  if (isLongs(values)) return { values: floatsOf(whole(values, rows), rows), given };
  const floats = new Float64Array(whole(values as Float64Array, rows).subarray(0, rows));
  return {
    values: DataType.isFloat(type) && values instanceof Uint16Array ? floats.map(float16) : floats,
    given,
  };
};

/** Lists of numbers; undefined if the column's type does not allow it. */
export const listsIn = (data: Data, rows: number): readonly (ArrayLike<number> | undefined)[] | undefined => {
  const type: DataType = data.type;
  if (DataType.isNull(type)) return new Array<undefined>(rows).fill(undefined);
  const child = data.children[0] as Data | undefined;
  const isFixed = DataType.isFixedSizeList(type);
  if (child === undefined || !(isFixed || DataType.isList(type) || DataType.isLargeList(type)))
    return undefined;
  const numbers = numbersIn(child, child.length);
  if (numbers === undefined) return undefined;
  const given = isGiven(data, rows);
  const offsets: Int32Array | BigInt64Array | undefined = data.valueOffsets;
  const at = (i: number): number => (isFixed ? i * type.listSize : Number(offsets?.[i]));
  // A list that contains a missing number counts as missing.
  numbers.given.forEach((one, i) => {
    if (one === 0) numbers.values[i] = Number.NaN;
  });
  return Array.from(given, (one, i) => (one === 1 ? numbers.values.subarray(at(i), at(i + 1)) : undefined));
};

/** A column of booleans, or of numbers with 0 as false; undefined if its type does not allow it. */
export const flagsIn = (data: Data, rows: number): Uint8Array | undefined => {
  if (!DataType.isBool(data.type)) {
    const numbers = numbersIn(data, rows);
    return (
      numbers && Uint8Array.from(numbers.values, (one, i) => Number(numbers.given[i] === 1 && one !== 0))
    );
  }
  const given = isGiven(data, rows);
  const values: Uint8Array = whole(data.values, rows / 8);
  return given.map((one, i) => one & bitAt(values, i));
};

/** Indices of the texts of a dictionary, cached as long as it is the same. */
export interface KnownDictionary {
  readonly vector: Vector;
  readonly places: Int32Array;
}

const placesIn = (vector: Vector, texts: ByteTexts): Int32Array =>
  Int32Array.from({ length: vector.length }, (_, i) => texts.ofText(String(vector.get(i) ?? "")));

const outside = (length: number, from: number): RangeError =>
  new RangeError(`a text of ${length} bytes from ${from} on, which are not there`);

const viewSize = 16;
const longestInline = 12;

/** The bytes of a view of text: up to 12 are stored in it, more in one of the buffers. */
const viewed = ({ values, variadicBuffers }: Data, i: number): Parameters<ByteTexts["of"]> => {
  const views: Uint8Array = values;
  const at = viewSize * i;
  const view = new DataView(views.buffer, views.byteOffset + at, viewSize);
  const length = view.getInt32(0, true);
  if (length >= 0 && length <= longestInline) return [views, at + 4, at + 4 + length];
  const [buffer, from] = [variadicBuffers[view.getInt32(8, true)], view.getInt32(12, true)];
  if (buffer === undefined || length < 0 || from < 0 || from + length > buffer.length)
    throw outside(length, from);
  return [buffer, from, from + length];
};

/** Indices of texts among those seen; undefined if a column does not contain texts. */
export const textsIn = (
  data: Data,
  rows: number,
  texts: ByteTexts,
  known: Map<ByteTexts, KnownDictionary>,
): Int32Array | undefined => {
  const type: DataType = data.type;
  const index = new Int32Array(rows);
  const given = isGiven(data, rows);
  const none = data.nullCount > 0 ? texts.ofText("") : 0;
  if (DataType.isDictionary(type) && data.dictionary !== undefined) {
    const vector = data.dictionary;
    const last = known.get(texts);
    const places = last?.vector === vector ? last.places : placesIn(vector, texts);
    known.set(texts, { vector, places });
    const indices: Int32Array = whole(data.values, rows);
    for (let i = 0; i < rows; i++) {
      const place = given[i] === 1 ? places[Number(indices[i])] : none;
      if (place === undefined) throw new RangeError(`text ${indices[i]} of a dictionary of ${places.length}`);
      index[i] = place;
    }
    return index;
  }
  if (DataType.isUtf8View(type)) {
    for (let i = 0; i < rows; i++) index[i] = given[i] === 1 ? texts.of(...viewed(data, i)) : none;
    return index;
  }
  if (!DataType.isUtf8(type) && !DataType.isLargeUtf8(type)) return undefined;
  const bytes: Uint8Array = data.values;
  const offsets: Int32Array | BigInt64Array = whole(data.valueOffsets, rows + 1);
  for (let i = 0; i < rows; i++) {
    const [from, to] = [Number(offsets[i]), Number(offsets[i + 1])];
    if (!(from >= 0 && from <= to && to <= bytes.length)) throw outside(to - from, from);
    index[i] = given[i] === 1 ? texts.of(bytes, from, to) : none;
  }
  return index;
};
