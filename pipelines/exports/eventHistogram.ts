/**
 * @file Histograms of recordings (`core/histogram.ts`) as those of TensorBoard: buckets side by side from the smallest element to the
 * largest, each with its upper limit and its count.
 *
 * A value that stands for equal elements becomes a bucket that reaches to the next float32 number, because TensorBoard does not draw the
 * elements of a bucket without width. It computes with limits in float32.
 */
import { binsOf } from "../../core/histogram.ts";
import { type Sample, sampleSize } from "../../core/sample.ts";
import type { EventHistogram } from "../imports/summaryEvent.ts";

const words = new Int32Array(1);
const floats = new Float32Array(words.buffer);

/** The smallest float32 number above a finite one. */
const nextAbove = (value: number): number => {
  floats[0] = value;
  if (floats[0] === 0) words[0] = 1;
  else words[0] = (words[0] as number) + (floats[0] > 0 ? 1 : -1);
  return floats[0] as number;
};

const nextBelow = (value: number): number => -nextAbove(-value);

/**
 * The TensorBoard histogram of a recorded one. Min, max and the number of elements are exact; sum and sum of squares are computed from the
 * values of the bins, each within 3.1 % of its elements.
 *
 * @param sample a histogram of at least one element
 */
export const eventHistogram = (sample: Sample): EventHistogram => {
  const { values } = sample;
  const counts = sample.counts as Uint32Array;
  const { lo, hi } = binsOf(values);
  const last = values.length - 1;
  const [min, max] = [values[0] as number, values[last] as number];
  const beforeMax = nextBelow(max);
  const buckets: { readonly limit: number; readonly count: number }[] = [];
  let [edge, waiting, sum, sumSquares] = [min, 0, 0, 0];
  const add = (limit: number, count: number): void => {
    buckets.push({ limit, count });
    edge = limit;
  };
  for (let i = 0; i < values.length; i++) {
    const [value, count] = [values[i] as number, counts[i] as number];
    sum += value * count;
    sumSquares += value * value * count;
    if (i === last) break;
    const from = Math.max(lo[i] as number, edge);
    const to = Math.min(Math.max(hi[i] as number, nextAbove(from)), beforeMax);
    // Where float32 numbers are too sparse for a bucket of its own, the next one takes the elements.
    waiting += count;
    if (to <= from) continue;
    if (from > edge) add(from, 0);
    add(to, waiting);
    waiting = 0;
  }
  if (edge !== beforeMax) add(beforeMax, 0);
  add(max, waiting + (counts[last] as number));
  return {
    ...{ min, max, num: sampleSize(sample), sum, sumSquares },
    limits: buckets.map(({ limit }) => limit),
    counts: buckets.map(({ count }) => count),
  };
};
