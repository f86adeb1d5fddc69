/**
 * @file Histograms of others on the bins that recordings have (`core/histogram.ts`): 16 for each power of two, of either sign. Elements are spread
 * evenly over the bin that they came in, so a bin that is narrower than ours stays what it is, and a wide one becomes several.
 */
import { binEnds, binOf } from "../../core/histogram.ts";
import type { Sample } from "../../core/sample.ts";
import type { BinnedCounts } from "./statisticBatch.ts";

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);
/** Below this, everything counts as 0. */
const smallest = 2 ** -126;

/** Counts by the middle of their bin, which has the sign of its elements. */
type Counted = Map<number, number>;

const addTo = (counted: Counted, value: number, count: number): void => {
  if (count > 0) counted.set(value, (counted.get(value) ?? 0) + count);
};

/** Spreads elements with magnitudes from `near` to `far` over our bins, from the farthest on, until none is left. */
const spread = (counted: Counted, sign: number, near: number, far: number, count: number): void => {
  let [left, top] = [count, far];
  while (left > 0 && top > Math.max(near, smallest)) {
    // The largest float32 number below the top, so that a top at the edge of a bin is of the one below.
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

/** Whether counts and edges are a histogram: rising edges, one more of them than counts, and whole counts that are not negative. */
export const isHistogram = ({ edges, counts }: BinnedCounts): boolean =>
  counts.length > 0 &&
  edges.length === counts.length + 1 &&
  Array.from(counts).every((count) => Number.isInteger(count) && count >= 0) &&
  Array.from(edges).every(
    (edge, i) => Number.isFinite(edge) && (i === 0 || edge >= (edges[i - 1] as number)),
  );

/** A histogram with the least and the greatest element of its tensor. */
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
 * A histogram on our bins, of one tensor or of several together. One element each is at the ends, whose values these are.
 *
 * @returns values, ascending, and counts; undefined of fewer than two elements
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
  // Elements of the outermost bins that are the ends themselves.
  if (inner[0]) inner[0].count--;
  const end = inner.findLast(({ count }) => count > 0);
  if (end) end.count--;
  const merged = new Map<number, number>();
  for (const { value, count } of [{ value: first, count: 1 }, ...inner, { value: last, count: 1 }])
    if (count > 0) merged.set(value, (merged.get(value) ?? 0) + count);
  return { values: Float32Array.from(merged.keys()), counts: Uint32Array.from(merged.values()) };
};
