import { spreadOverBins } from "./histogram.ts";
import type { Sample } from "./sample.ts";

/** Magnitudes of a sample in ascending order, for fast queries about many bounds. */
export interface Magnitudes {
  /** Sum of the squares of all elements. */
  readonly squares: number;
  /** Index of the first magnitude above a bound, or at it if `isIncluded`. */
  readonly above: (bound: number, isIncluded?: boolean) => number;
  /** Number of elements from an index on. */
  readonly countFrom: (place: number) => number;
  /** Sum of the magnitudes of the elements from an index on. */
  readonly sumFrom: (place: number) => number;
}

/** Magnitudes in ascending order, and the number of elements each stands for. Default: 1. */
const sortedOf = (sample: Sample): { readonly sorted: Float32Array; readonly weights?: Float64Array } => {
  if (sample.counts === undefined) return { sorted: sample.values.map(Math.abs).sort() };
  const { values, weights } = spreadOverBins(sample);
  const magnitudes = values.map(Math.abs);
  const order = Uint32Array.from(values.keys()).sort((a, b) => magnitudes[a]! - magnitudes[b]!);
  return {
    sorted: Float32Array.from(order, (i) => magnitudes[i]!),
    weights: Float64Array.from(order, (i) => weights[i]!),
  };
};

/** The magnitudes of a tensor, from its elements, or from a histogram whose elements are spread evenly over their bins. */
export const magnitudesOf = (sample: Sample): Magnitudes => {
  const { sorted, weights } = sortedOf(sample);
  const size = sorted.length;
  const sums = new Float64Array(size + 1);
  const countsFrom = new Float64Array(size + 1);
  let squares = 0;
  for (let i = size - 1; i >= 0; i--) {
    const x = sorted[i] as number;
    const count = weights ? (weights[i] as number) : 1;
    sums[i] = (sums[i + 1] as number) + count * x;
    countsFrom[i] = (countsFrom[i + 1] as number) + count;
    squares += count * x * x;
  }
  return {
    squares,
    above: (bound, isIncluded = false) => {
      let [first, end] = [0, size];
      while (first < end) {
        const middle = (first + end) >>> 1;
        const x = sorted[middle] as number;
        if (x < bound || (x === bound && !isIncluded)) first = middle + 1;
        else end = middle;
      }
      return first;
    },
    countFrom: (place) => countsFrom[place] as number,
    sumFrom: (place) => sums[place] as number,
  };
};
