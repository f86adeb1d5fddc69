/** @file Grids of a QDQ model's codes, and the ranges that they cover. */
import type { Range } from "../../../core/range.ts";

/** Smallest and largest value of a clip. */
export type Bounds = readonly [least: number, greatest: number];

/** Codes from `qmin` to `qmax` stand for scale * (code - zeroPoint), with one scale and zero point, or one per channel. */
export interface CodeGrid {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly qmin: number;
  readonly qmax: number;
  /** The code below `qmin` that the file uses and that Rangeflow's symmetric grids lack. */
  readonly leftOut?: number;
  /** Axis of the channels of weights, unless it is the first, that of output channels. */
  readonly axis?: number;
}

/**
 * The ranges, one per scale, for which a Rangeflow grid with the same number of codes has that scale and zero point.
 *
 *     [scale (qmin - zeroPoint), scale (qmax - zeroPoint)]
 */
export const coveredRanges = ({ scale, zeroPoint, qmin, qmax }: CodeGrid): readonly Range[] =>
  scale.map((one, c) => ({ lo: one * (qmin - zeroPoint[c]!), hi: one * (qmax - zeroPoint[c]!) }));

/**
 * A grid of weights with the bounds of Rangeflow's grid, if it is symmetric. Rangeflow's are narrow, so the smallest code of the type is
 * excluded.
 *
 *     qmin + 1   where the zero point is in the middle, 0, or 128 of uint8
 */
export const narrowed = (grid: CodeGrid): CodeGrid => {
  const { zeroPoint, qmin, qmax } = grid;
  const isSymmetric = zeroPoint.every((zero) => qmax - zero === zero - qmin - 1);
  return isSymmetric ? { ...grid, qmin: qmin + 1, leftOut: qmin } : grid;
};

/** A grid without the codes that a clip of codes excludes. */
export const clippedTo = (grid: CodeGrid, [least, greatest]: Bounds): CodeGrid => ({
  ...grid,
  qmin: Math.max(grid.qmin, Math.ceil(least)),
  qmax: Math.min(grid.qmax, Math.floor(greatest)),
});

/** Allowed distance of a bound, in units of the scale, from an integer. Both are float32 numbers, and codes have 8 bits. */
const tolerance = 1e-4;

/**
 * Whether clipping keeps numbers on their grid: each bound is on it, or beyond its numbers.
 *
 * @param bounds bounds of numbers, not of codes
 */
export const staysOn = ({ scale, zeroPoint, qmin, qmax }: CodeGrid, [least, greatest]: Bounds): boolean =>
  scale.every((one, c) => {
    const [lo, hi] = [least / one + zeroPoint[c]!, greatest / one + zeroPoint[c]!];
    const isCode = (bound: number): boolean => Math.abs(bound - Math.round(bound)) <= tolerance;
    const isLo = lo <= qmin + tolerance || (isCode(lo) && lo <= qmax + tolerance);
    const isHi = hi >= qmax - tolerance || (isCode(hi) && hi >= qmin - tolerance);
    return isLo && isHi;
  });
