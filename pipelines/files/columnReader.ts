/** @file The columns of a recording, out of Arrow's record batches: everything that is read by index later is checked here. */
import type { Data, RecordBatch } from "apache-arrow";
import * as E from "fp-ts/lib/Either.js";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { schemeNames } from "../../core/scheme.ts";
import { projectionIn } from "./projectionText.ts";
import { roles, verdicts } from "./recordingSchema.ts";
import type { ListColumn, ProjectionColumn, StatColumns, TextColumn } from "./statColumns.ts";

type Numbers = Uint32Array | Float64Array | Int32Array | Uint8Array;
type Values = Uint8Array | Float32Array | Uint32Array;

/**
 * The function that takes the columns out of the record batches of one segment, in order.
 *
 * @param path the segment, for the sentence
 * @param firstStep at which it begins
 */
export const columnReader = (path: string, firstStep: number): ((batch: RecordBatch) => StatColumns) => {
  const wrong = (name: string, found: string): RangeflowFailure =>
    new RangeflowFailure(problem(path, `column ${name} ${found}`, "a recording of rangeflow"));
  const otherType = "that is missing or of another type";

  const dataOf = (batch: RecordBatch, name: string): Data => {
    const data = batch.getChild(name)?.data[0];
    if (data === undefined) throw wrong(name, otherType);
    if (data.nullCount > 0) throw wrong(name, "with rows that are null");
    return data;
  };
  const arrayOf = <T extends Numbers | Values>(
    name: string,
    values: unknown,
    kind: new (n: number) => T,
    length: number,
  ): T => {
    if (!(values instanceof kind)) throw wrong(name, otherType);
    if (values.length < length) throw wrong(name, `of ${values.length} elements for ${length}`);
    return values;
  };
  const numbers = <T extends Numbers>(batch: RecordBatch, name: string, kind: new (n: number) => T): T =>
    arrayOf(name, dataOf(batch, name).values, kind, batch.numRows);

  const known = new Map<string, { readonly vector: unknown; readonly texts: readonly string[] }>();
  /** The texts of a dictionary; made again only when the stream has replaced it. */
  const textsOf = (batch: RecordBatch, name: string, allowed?: readonly string[]): readonly string[] => {
    const vector = dataOf(batch, name).dictionary;
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
    allowed?: readonly T[],
  ): TextColumn<T> => {
    const texts = textsOf(batch, name, allowed) as readonly T[];
    const index = numbers(batch, name, Int32Array);
    for (let i = 0; i < batch.numRows; i++)
      if (!((index[i] as number) >= 0 && (index[i] as number) < texts.length))
        throw wrong(name, `with text ${index[i]} of ${texts.length}`);
    return { texts, index };
  };
  const projections = (batch: RecordBatch): ProjectionColumn => {
    const column = text(batch, "projection");
    const projections = column.texts.map((one) => {
      const found = projectionIn(one);
      if (E.isLeft(found)) throw wrong("projection", `with ${found.left}`);
      return found.right;
    });
    return { ...column, projections };
  };
  const lists = <T extends Values>(
    batch: RecordBatch,
    name: string,
    kind: new (n: number) => T,
  ): ListColumn<T> => {
    const data = dataOf(batch, name);
    const child = data.children[0];
    if (child !== undefined && child.nullCount > 0) throw wrong(name, "with elements that are null");
    const offsets: unknown = data.valueOffsets;
    if (!(offsets instanceof Int32Array) || offsets.length <= batch.numRows) throw wrong(name, otherType);
    for (let i = 0, before = 0; i <= batch.numRows; before = offsets[i++] as number)
      if ((offsets[i] as number) < before) throw wrong(name, `whose row ${i} ends before it begins`);
    const values = arrayOf(name, (child ?? data).values, kind, offsets[batch.numRows] as number);
    return { offsets, values };
  };

  let lastStep = firstStep;
  const steps = (batch: RecordBatch): Uint32Array => {
    const step = numbers(batch, "step", Uint32Array);
    for (let i = 0; i < batch.numRows; i++) {
      if ((step[i] as number) < lastStep) throw wrong("step", `with ${step[i]} after ${lastStep}`);
      lastStep = step[i] as number;
    }
    return step;
  };
  const bits = (batch: RecordBatch, name: string): Uint8Array =>
    arrayOf(name, dataOf(batch, name).values, Uint8Array, Math.ceil(batch.numRows / 8));
  const histograms = (batch: RecordBatch): Pick<StatColumns, "histogramValues" | "histogramCounts"> => {
    const histogramValues = lists(batch, "histogramValues", Float32Array);
    const histogramCounts = lists(batch, "histogramCounts", Uint32Array);
    for (let i = 0; i <= batch.numRows; i++)
      if (
        (histogramValues.offsets[i] as number) - (histogramValues.offsets[0] as number) !==
        (histogramCounts.offsets[i] as number) - (histogramCounts.offsets[0] as number)
      )
        throw wrong("histogramCounts", "with other lengths than histogramValues");
    return { histogramValues, histogramCounts };
  };

  return (batch) => ({
    rows: batch.numRows,
    step: steps(batch),
    site: text(batch, "site"),
    role: text(batch, "role", roles),
    estimator: text(batch, "estimator"),
    bits: numbers(batch, "bits", Uint8Array),
    scheme: text(batch, "scheme", schemeNames),
    projection: projections(batch),
    verdict: text(batch, "verdict", verdicts),
    min: numbers(batch, "min", Float64Array),
    max: numbers(batch, "max", Float64Array),
    lo: numbers(batch, "lo", Float64Array),
    hi: numbers(batch, "hi", Float64Array),
    count: numbers(batch, "count", Uint32Array),
    nonFinite: numbers(batch, "nonFinite", Uint32Array),
    clipped: numbers(batch, "clipped", Uint32Array),
    bytesMoved: numbers(batch, "bytesMoved", Float64Array),
    bytesSaved: numbers(batch, "bytesSaved", Float64Array),
    isStatic: bits(batch, "isStatic"),
    measured: lists(batch, "measured", Uint8Array),
    ...histograms(batch),
  });
};
