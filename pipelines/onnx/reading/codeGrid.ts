/** @file Grids that a QDQ model has its codes on, and the ranges that they cover. */
import type { Range } from "../../../core/range.ts";

/** Codes from `qmin` to `qmax` stand for scale * (code - zeroPoint); one scale and zero point, or one for each channel. */
export interface CodeGrid {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly qmin: number;
  readonly qmax: number;
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
  return isSymmetric ? { ...grid, qmin: qmin + 1 } : grid;
};
