/** @file Grids that a QDQ model has its codes on, and the ranges that they cover. */
import type { Range } from "../../../core/range.ts";

/** Least and greatest number that something is clipped to. */
export type Bounds = readonly [least: number, greatest: number];

/** Codes from `qmin` to `qmax` stand for scale * (code - zeroPoint); one scale and zero point, or one for each channel. */
export interface CodeGrid {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly qmin: number;
  readonly qmax: number;
  /** The code below `qmin` that the file has beside these, and no symmetric grid of ours. */
  readonly leftOut?: number;
  /** Axis of the channels of weights, if it is another one than that of output channels, which is the first. */
  readonly axis?: number;
}

/**
 * The ranges, one for each scale, on which a grid of ours with that many codes has that scale and that zero point.
 *
 *     [scale (qmin - zeroPoint), scale (qmax - zeroPoint)]
 */
export const coveredRanges = ({ scale, zeroPoint, qmin, qmax }: CodeGrid): readonly Range[] =>
  scale.map((one, c) => ({ lo: one * (qmin - zeroPoint[c]!), hi: one * (qmax - zeroPoint[c]!) }));

/**
 * A grid of weights that ends where those of ours do, if it is symmetric: ours are narrow, so the least code of the type is none of theirs.
 *
 *     qmin + 1   where the zero point is in the middle, 0, or 128 of uint8
 */
export const narrowed = (grid: CodeGrid): CodeGrid => {
  const { zeroPoint, qmin, qmax } = grid;
  const isSymmetric = zeroPoint.every((zero) => qmax - zero === zero - qmin - 1);
  return isSymmetric ? { ...grid, qmin: qmin + 1, leftOut: qmin } : grid;
};

/** A grid without the codes that a clip of codes leaves out. */
export const clippedTo = (grid: CodeGrid, [least, greatest]: Bounds): CodeGrid => ({
  ...grid,
  qmin: Math.max(grid.qmin, Math.ceil(least)),
  qmax: Math.min(grid.qmax, Math.floor(greatest)),
});

/** How far from a whole number a bound in units of the scale may be: both are float32 numbers, and codes have 8 bits. */
const tolerance = 1e-4;

/**
 * Whether numbers of a grid that are clipped are numbers of that grid: each bound is one of them, or lies where there are none.
 *
 * @param bounds of numbers, not of codes
 */
export const staysOn = ({ scale, zeroPoint, qmin, qmax }: CodeGrid, [least, greatest]: Bounds): boolean =>
  scale.every((one, c) => {
    const [lo, hi] = [least / one + zeroPoint[c]!, greatest / one + zeroPoint[c]!];
    const isCode = (bound: number): boolean => Math.abs(bound - Math.round(bound)) <= tolerance;
    const isLo = lo <= qmin + tolerance || (isCode(lo) && lo <= qmax + tolerance);
    const isHi = hi >= qmax - tolerance || (isCode(hi) && hi >= qmin - tolerance);
    return isLo && isHi;
  });
