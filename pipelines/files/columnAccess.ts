/** @file Columns of Arrow record batches as arrays, each checked for type, length, texts and nulls. */
import type { Data, RecordBatch } from "apache-arrow";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { bitAt } from "./bits.ts";
import { isOptional } from "./foreignSchema.ts";
import type { SegmentInfo } from "./recordedSegment.ts";
import type { ColumnNumbers, ListColumn, ListValues, TextColumn } from "./statColumns.ts";

/** Reads columns from record batches. `unknown` stands for a null, or for a column that an imported recording lacks. */
export interface ColumnAccess {
  /** Failure for an invalid column. */
  readonly wrong: (name: string, found: string) => RangeflowFailure;
  readonly numbers: <T extends ColumnNumbers>(
    batch: RecordBatch,
    name: string,
    kind: new (n: number) => T,
    unknown?: number,
  ) => T;
  readonly text: <T extends string>(
    batch: RecordBatch,
    name: string,
    unknown: T,
    allowed?: readonly T[],
  ) => TextColumn<T>;
  readonly lists: <T extends ListValues>(
    batch: RecordBatch,
    name: string,
    kind: new (n: number) => T,
  ) => ListColumn<T>;
  /** One bit per row, least significant bit first; null is false. */
  readonly bits: (batch: RecordBatch, name: string) => Uint8Array;
}

/** Validity bits of the rows; undefined if no row is null. */
const rowsThere = ({ nullCount, nullBitmap }: Data): Uint8Array | undefined =>
  nullCount > 0 ? nullBitmap : undefined;

/**
 * Access to the columns of one segment.
 *
 * @param path the segment, for messages
 */
export const columnAccess = (path: string, { isForeign = false }: SegmentInfo): ColumnAccess => {
  const wrong = (name: string, found: string): RangeflowFailure =>
    new RangeflowFailure(problem(path, `column ${name} ${found}`, "a recording of rangeflow"));
  const otherType = "that is missing or of another type";

  /** The data of a column; undefined for an optional one that is missing. */
  const dataOf = (batch: RecordBatch, name: string): Data | undefined => {
    const data = batch.getChild(name)?.data[0];
    const mayBeNull = isForeign && isOptional(name);
    if (data === undefined && !mayBeNull) throw wrong(name, otherType);
    if (data !== undefined && data.nullCount > 0) {
      if (!mayBeNull) throw wrong(name, "with rows that are null");
      if (data.nullBitmap.length * 8 < batch.numRows) throw wrong(name, "with too few bits of nulls");
    }
    return data;
  };
  const arrayOf = <T extends ColumnNumbers | ListValues>(
    name: string,
    values: unknown,
    kind: new (n: number) => T,
    length: number,
  ): T => {
    if (!(values instanceof kind)) throw wrong(name, otherType);
    if (values.length < length) throw wrong(name, `of ${values.length} elements for ${length}`);
    return values;
  };
  const numbers = <T extends ColumnNumbers>(
    batch: RecordBatch,
    name: string,
    kind: new (n: number) => T,
    unknown = 0,
  ): T => {
    const data = dataOf(batch, name);
    if (data === undefined || (data.nullCount > 0 && data.nullCount === batch.numRows))
      return new kind(batch.numRows).fill(unknown) as T;
    const values = arrayOf(name, data.values, kind, batch.numRows);
    const there = rowsThere(data);
    if (there === undefined) return values;
    const filled = values.slice(0, batch.numRows) as T;
    for (let i = 0; i < batch.numRows; i++) if (bitAt(there, i) === 0) filled[i] = unknown;
    return filled;
  };

  const known = new Map<string, { readonly vector: unknown; readonly texts: readonly string[] }>();
  /** The texts of a dictionary, cached until the stream replaces it. */
  const textsOf = (
    name: string,
    vector: Data["dictionary"],
    allowed?: readonly string[],
  ): readonly string[] => {
    const last = known.get(name);
    if (last !== undefined && last.vector === vector) return last.texts;
    if (vector === undefined) throw wrong(name, otherType);
    const texts = Array.from(vector, (text: unknown) => {
      if (typeof text !== "string") throw wrong(name, otherType);
      return text;
    });
    const odd = allowed && texts.find((text) => !allowed.includes(text));
    if (odd !== undefined) throw wrong(name, `with "${odd}"`);
    if (new Set(texts).size !== texts.length) throw wrong(name, "with a text twice");
    known.set(name, { vector, texts });
    return texts;
  };
  const text = <T extends string>(
    batch: RecordBatch,
    name: string,
    unknown: T,
    allowed?: readonly T[],
  ): TextColumn<T> => {
    const data = dataOf(batch, name);
    if (data === undefined || (data.nullCount > 0 && data.nullCount === batch.numRows))
      return { texts: [unknown], index: new Int32Array(batch.numRows) };
    const texts = textsOf(name, data.dictionary, allowed) as readonly T[];
    const index = arrayOf(name, data.values, Int32Array, batch.numRows);
    const place = texts.indexOf(unknown);
    const there = rowsThere(data);
    const all = there && place < 0 ? [...texts, unknown] : texts;
    const filled = there ? index.slice(0, batch.numRows) : index;
    for (let i = 0; i < batch.numRows; i++) {
      if (there && bitAt(there, i) === 0) filled[i] = place < 0 ? texts.length : place;
      else if (!((index[i] as number) >= 0 && (index[i] as number) < texts.length))
        throw wrong(name, `with text ${index[i]} of ${texts.length}`);
    }
    return { texts: all, index: filled };
  };

  const lists = <T extends ListValues>(
    batch: RecordBatch,
    name: string,
    kind: new (n: number) => T,
  ): ListColumn<T> => {
    const data = dataOf(batch, name);
    if (data === undefined) return { offsets: new Int32Array(batch.numRows + 1), values: new kind(0) };
    const child = data.children[0];
    if (child !== undefined && child.nullCount > 0) throw wrong(name, "with elements that are null");
    const offsets: unknown = data.valueOffsets;
    if (!(offsets instanceof Int32Array) || offsets.length <= batch.numRows) throw wrong(name, otherType);
    for (let i = 0, before = 0; i <= batch.numRows; before = offsets[i++] as number)
      if ((offsets[i] as number) < before) throw wrong(name, `whose row ${i} ends before it begins`);
    const there = rowsThere(data);
    for (let i = 0; there && i < batch.numRows; i++)
      if (bitAt(there, i) === 0 && offsets[i] !== offsets[i + 1])
        throw wrong(name, `whose row ${i} is null and has elements`);
    const values = arrayOf(name, (child ?? data).values, kind, offsets[batch.numRows] as number);
    return { offsets, values };
  };

  const bits = (batch: RecordBatch, name: string): Uint8Array => {
    const data = dataOf(batch, name);
    const bytes = Math.ceil(batch.numRows / 8);
    if (data === undefined) return new Uint8Array(bytes);
    const values = arrayOf(name, data.values, Uint8Array, bytes);
    return data.nullCount === 0 ? values : values.map((byte, i) => byte & (data.nullBitmap[i] ?? 0));
  };

  return { wrong, numbers, text, lists, bits };
};
