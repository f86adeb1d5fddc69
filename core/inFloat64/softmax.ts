/** @file Softmax of groups of neighbouring numbers and its pullback, in float64, each result rounded once to float32. */
import type { PowersOfE } from "../elementary/exp.ts";

/** The groups of images [H, W, C]. */
export interface SoftmaxGroups {
  /** Number of groups of neighbouring channels of a position. */
  readonly groups: number;
  /** Whether only the first p + 1 channels of a group take part at position p; all others are 0. */
  readonly causal: boolean;
  readonly channels: number;
  /** Positions of an image, H W. */
  readonly positions: number;
}

/** Writes x[from .. from + count] less the largest of them to `exponents` from `at` on. */
const writeExponents = (
  x: Float32Array,
  from: number,
  count: number,
  exponents: Float64Array,
  at: number,
): void => {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const value = x[from + i]!;
    // Once it is NaN, it stays so.
    if (value > largest || Number.isNaN(value)) largest = value;
  }
  for (let i = 0; i < count; i++) exponents[at + i] = x[from + i]! - largest;
};

/** Writes the powers from `at` on, divided by their sum, to y[from .. from + count]. */
const writeShares = (
  powers: Float64Array,
  at: number,
  y: Float32Array,
  from: number,
  count: number,
): void => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += powers[at + i]!;
  for (let i = 0; i < count; i++) y[from + i] = powers[at + i]! / sum;
};

/** Writes y * (dy - sum of dy * y) to dx. */
const pullBack = (y: Float32Array, dy: Float32Array, dx: Float32Array, from: number, count: number): void => {
  const end = from + count;
  let along = 0;
  for (let i = from; i < end; i++) along += dy[i]! * y[i]!;
  for (let i = from; i < end; i++) dx[i] = y[i]! * (dy[i]! - along);
};

/** Numbers whose powers of e are computed together, in whole groups. */
const atOnce = 1024;

/**
 * Softmax of whole images, `write`, and its pullback; the largest number of a group is subtracted first.
 *
 *     y[i] = exp(x[i]) / sum over its group of exp(x[j]),   dx[i] = y[i] (dy[i] - sum over its group of dy[j] y[j])
 */
export const softmaxInFloat64 = ({ groups, causal, channels, positions }: SoftmaxGroups) => {
  const each = channels / groups;
  const together = Math.max(1, Math.floor(atOnce / each));
  const room = new Float64Array(together * each);
  /** Channels of a group that take part: the first ones, if it is causal. */
  const countOf = (group: number): number => (causal ? (Math.floor(group / groups) % positions) + 1 : each);
  return {
    write: (x: Float32Array, y: Float32Array, exp: PowersOfE): void => {
      if (causal) y.fill(0);
      const all = x.length / each;
      for (let first = 0; first < all; first += together) {
        const end = Math.min(first + together, all);
        let at = 0;
        for (let g = first; g < end; at += countOf(g), g++) writeExponents(x, g * each, countOf(g), room, at);
        exp(room.subarray(0, at));
        at = 0;
        for (let g = first; g < end; at += countOf(g), g++) writeShares(room, at, y, g * each, countOf(g));
      }
    },
    pullBack: (y: Float32Array, dy: Float32Array, dx: Float32Array): void => {
      if (causal) dx.fill(0);
      for (let g = 0; g < y.length / each; g++) pullBack(y, dy, dx, g * each, countOf(g));
    },
  };
};
