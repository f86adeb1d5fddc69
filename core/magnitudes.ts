import type { Sample } from "./sample.ts";

/** The magnitudes of a sample in ascending order, so that any number of bounds can be asked in little time. */
export interface Magnitudes {
  readonly squares: number;
  /** Place of the first one above a bound, or at it too. */
  readonly above: (bound: number, isIncluded?: boolean) => number;
  /** How many elements stand from a place on. */
  readonly countFrom: (place: number) => number;
  /** The sum of the magnitudes of those elements. */
  readonly sumFrom: (place: number) => number;
}

export const magnitudesOf = ({ values, counts }: Sample): Magnitudes => {
  const order =
    counts && Uint32Array.from(values.keys()).sort((a, b) => Math.abs(values[a]!) - Math.abs(values[b]!));
  const sorted = order ? Float32Array.from(order, (i) => Math.abs(values[i]!)) : values.map(Math.abs).sort();
  const size = sorted.length;
  const sums = new Float64Array(size + 1);
  const countsFrom = new Float64Array(size + 1);
  let squares = 0;
  for (let i = size - 1; i >= 0; i--) {
    const x = sorted[i] as number;
    const count = order ? (counts[order[i] as number] as number) : 1;
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
