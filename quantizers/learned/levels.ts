/** @file Levels at arbitrary distances: rounding to the nearest level, and the levels of least squared error. */
import { leastParameter } from "./learnedRange.ts";

/** Number of leading elements of a sorted array that satisfy a condition, by bisection. */
const countBefore = (sorted: ArrayLike<number>, isBefore: (element: number) => boolean): number => {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isBefore(sorted[middle] as number)) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** Midpoints between adjacent levels, in float64. */
const middlesOf = (levels: ArrayLike<number>): Float64Array =>
  Float64Array.from(
    { length: Math.max(levels.length - 1, 0) },
    (_, k) => ((levels[k] as number) + (levels[k + 1] as number)) / 2,
  );

/**
 * Index of the nearest level for each number; of two equally near, the lower.
 *
 * @param levels in ascending order
 * @example
 * nearestLevels(Float32Array.of(-5, 0.4, 0.6), Float32Array.of(-1, 0, 1)); // [0, 1, 2]
 */
export const nearestLevels = (x: Float32Array, levels: Float32Array): Uint8Array => {
  const middles = middlesOf(levels);
  const places = new Uint8Array(x.length);
  for (let i = 0; i < places.length; i++) {
    const one = x[i] as number;
    places[i] = countBefore(middles, (middle) => middle < one);
  }
  return places;
};

/** Maximum number of rounds of Lloyd's algorithm. */
const rounds = 100;

/** Smallest gap between initial levels, as a fraction of the largest magnitude: it keeps levels distinct in float32. */
const leastGap = 2 ** -12;

/** Sums of the first 0, 1, 2, .. numbers. */
const partialSums = (sorted: Float64Array): Float64Array => {
  const sums = new Float64Array(sorted.length + 1);
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = (sums[i] as number) + (sorted[i] as number);
  return sums;
};

/**
 * Levels for numbers by Lloyd's algorithm: each level is the mean of the numbers nearest to it. Levels start as the
 * means of `count` equal parts of the sorted numbers; a level that loses all its numbers stays where it is.
 *
 * @returns `count` distinct levels in ascending order
 * @example
 * lloydLevels(Float32Array.of(-3, -1, 0, 0, 2, 4), 2); // [-1, 3]
 * @see Lloyd 1982, "Least squares quantization in PCM"
 */
export const lloydLevels = (x: Float32Array, count: number): Float32Array => {
  const sorted = Float64Array.from(x).sort();
  const sums = partialSums(sorted);
  const meanOf = (from: number, to: number, otherwise: number): number =>
    to > from ? ((sums[to] as number) - (sums[from] as number)) / (to - from) : otherwise;
  const size = sorted.length;
  const partEnd = (k: number): number => Math.floor((k * size) / count);
  let levels = Float64Array.from({ length: count }, (_, k) =>
    meanOf(partEnd(k), partEnd(k + 1), sorted[Math.min(partEnd(k), size - 1)] ?? 0),
  );
  for (let round = 0; round < rounds; round++) {
    const middles = middlesOf(levels);
    const ends = [0, ...Array.from(middles, (middle) => countBefore(sorted, (one) => one <= middle)), size];
    const next = levels.map((level, k) => meanOf(ends[k] as number, ends[k + 1] as number, level));
    if (next.every((level, k) => level === levels[k])) break;
    levels = next;
  }
  const largest = Math.max(Math.abs(sorted[0] ?? 0), Math.abs(sorted[size - 1] ?? 0));
  const gap = Math.max(leastGap * largest, leastParameter);
  for (let k = 1; k < count; k++) levels[k] = Math.max(levels[k] as number, (levels[k - 1] as number) + gap);
  return Float32Array.from(levels);
};
