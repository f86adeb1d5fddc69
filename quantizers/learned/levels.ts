/** @file Levels of any distances: the nearest ones, and those with the least squared error. */
import { leastParameter } from "./learnedRange.ts";

/** Number of elements at the beginning of a sorted array that satisfy a condition, by bisection. */
const countBefore = (sorted: ArrayLike<number>, isBefore: (element: number) => boolean): number => {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isBefore(sorted[middle] as number)) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** Points half way between levels and their neighbours, in float64. */
const middlesOf = (levels: ArrayLike<number>): Float64Array =>
  Float64Array.from(
    { length: Math.max(levels.length - 1, 0) },
    (_, k) => ((levels[k] as number) + (levels[k + 1] as number)) / 2,
  );

/**
 * The place of the nearest level of each number; of two that are as near, the lower one.
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

/** Rounds of Lloyd's algorithm at most. */
const rounds = 100;

/** Smallest distance of first levels, as a share of the largest magnitude: so that no two are the same number in float32. */
const leastGap = 2 ** -12;

/** Sums of the first 0, 1, 2, .. numbers. */
const partialSums = (sorted: Float64Array): Float64Array => {
  const sums = new Float64Array(sorted.length + 1);
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = (sums[i] as number) + (sorted[i] as number);
  return sums;
};

/**
 * Levels for numbers by Lloyd's algorithm: each is the mean of the numbers that are nearest to it. They begin as the means of as many equal
 * parts of the sorted numbers; one that loses all its numbers stays where it is.
 *
 * @returns in ascending order, no two the same
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
