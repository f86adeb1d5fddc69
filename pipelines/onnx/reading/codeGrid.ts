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
 * The ranges, one for each scale, on which affine grids of ours have that scale and that zero point.
 *
 *     [scale (qmin - zeroPoint), scale (qmax - zeroPoint)]
 */
export const affineRanges = ({ scale, zeroPoint, qmin, qmax }: CodeGrid): readonly Range[] =>
  scale.map((one, c) => ({ lo: one * (qmin - zeroPoint[c]!), hi: one * (qmax - zeroPoint[c]!) }));

/** A grid that ends where a value is clipped before it is quantized; an end that is missing is that of the type. */
export const clipped = (grid: CodeGrid, lo: number | undefined, hi: number | undefined): CodeGrid => {
  const code = (end: number): number => Math.round(end / grid.scale[0]!) + grid.zeroPoint[0]!;
  return {
    ...grid,
    ...(lo !== undefined && { qmin: Math.max(grid.qmin, code(lo)) }),
    ...(hi !== undefined && { qmax: Math.min(grid.qmax, code(hi)) }),
  };
};

/**
 * The same for weights, which are on symmetric grids where a zero point is in the middle: ours are narrow, so their least code is -qmax.
 *
 *     +-scale (qmax - zeroPoint)   where the zero point is 0, or 128 of uint8
 */
export const weightRanges = (grid: CodeGrid): readonly Range[] => {
  const { scale, zeroPoint, qmin, qmax } = grid;
  const isSymmetric = zeroPoint.every((zero) => qmax - zero === zero - qmin - 1);
  if (!isSymmetric) return affineRanges(grid);
  return scale.map((one, c) => {
    const most = one * (qmax - zeroPoint[c]!);
    return { lo: -most, hi: most };
  });
};
