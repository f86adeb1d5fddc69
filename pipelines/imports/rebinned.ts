/**
 * @file Converts histograms of other programs to the bins of recordings (`core/histogram.ts`): 16 per power of two, for either sign.
 *   Elements are spread evenly over their original bin, so a bin narrower than the new ones is kept, and a wide one is divided.
 */
import { binEnds, binOf } from "../../core/histogram.ts";
import type { Sample } from "../../core/sample.ts";
import type { BinnedCounts } from "./statisticBatch.ts";

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);
/** Smaller magnitudes count as 0. */
const smallest = 2 ** -126;

/** Counts by the midpoint of their bin, which has the sign of its elements. */
type Counted = Map<number, number>;

const addTo = (counted: Counted, value: number, count: number): void => {
  if (count > 0) counted.set(value, (counted.get(value) ?? 0) + count);
};

/** Spreads elements with magnitudes from `near` to `far` over the bins, starting from the farthest, until none is left. */
const spread = (counted: Counted, sign: number, near: number, far: number, count: number): void => {
  let [left, top] = [count, far];
  while (left > 0 && top > Math.max(near, smallest)) {
    // The largest float32 number below the top, so that a top on an edge belongs to the bin below.
    floats[0] = top;
    if ((floats[0] as number) >= top) words[0] = (words[0] as number) - 1;
    const [lo, hi] = binEnds(binOf(floats[0] as number));
    const bottom = Math.max(lo, near);
    const below = bottom <= near ? 0 : Math.round((count * (bottom - near)) / (far - near));
    addTo(counted, (sign * (lo + hi)) / 2, left - below);
    left = below;
    top = bottom;
  }
  addTo(counted, 0, left);
};

/** Whether counts and edges are a valid histogram: increasing edges, one more than counts, and non-negative integer counts. */
export const isHistogram = ({ edges, counts }: BinnedCounts): boolean =>
  counts.length > 0 &&
  edges.length === counts.length + 1 &&
  Array.from(counts).every((count) => Number.isInteger(count) && count >= 0) &&
  Array.from(edges).every(
    (edge, i) => Number.isFinite(edge) && (i === 0 || edge >= (edges[i - 1] as number)),
  );

/** A histogram with the smallest and the largest element of its tensor. */
export interface BinnedTensor extends BinnedCounts {
  readonly min: number;
  readonly max: number;
}

const addTensor = (counted: Counted, { edges, counts, min, max }: BinnedTensor): void => {
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    const lo = Math.max(edges[i] as number, min);
    const hi = Math.max(lo, Math.min(edges[i + 1] as number, max));
    if (count === 0) continue;
    if (hi === lo) addTo(counted, lo, count);
    else {
      const negative = lo >= 0 ? 0 : hi <= 0 ? count : Math.round((count * -lo) / (hi - lo));
      spread(counted, -1, Math.max(-hi, 0), -lo, negative);
      spread(counted, 1, Math.max(lo, 0), hi, count - negative);
    }
  }
};

/**
 * A histogram on the bins of recordings, of one tensor or of several together. One element each is placed exactly at the min and at the
 * max.
 *
 * @returns ascending values, and counts; undefined for fewer than two elements
 */
export const rebinned = (tensors: readonly BinnedTensor[]): Sample | undefined => {
  const counted: Counted = new Map();
  for (const tensor of tensors) addTensor(counted, tensor);
  const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
  const [min, max] = [Math.min(...tensors.map((one) => one.min)), Math.max(...tensors.map((one) => one.max))];
  if (total < 2 || min > max) return undefined;
  const [first, last] = [Math.fround(min), Math.fround(max)];
  const inner = [...counted]
    .map(([value, count]) => ({ value: Math.min(Math.max(Math.fround(value), first), last), count }))
    .sort((a, b) => a.value - b.value);
  // The elements of the outermost bins that are the min and the max themselves.
  if (inner[0]) inner[0].count--;
  const end = inner.findLast(({ count }) => count > 0);
  if (end) end.count--;
  const merged = new Map<number, number>();
  for (const { value, count } of [{ value: first, count: 1 }, ...inner, { value: last, count: 1 }])
    if (count > 0) merged.set(value, (merged.get(value) ?? 0) + count);
  return { values: Float32Array.from(merged.keys()), counts: Uint32Array.from(merged.values()) };
};
