/** @file Grids that a QDQ model has its codes on, and the ranges that they cover. */
import type { Range } from "../../../core/range.ts";
import type { Scheme } from "../../../core/scheme.ts";

/** Codes from `qmin` to `qmax` stand for scale * (code - zeroPoint); one scale and zero point, or one for each channel. */
export interface CodeGrid {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly qmin: number;
  readonly qmax: number;
}

/**
 * The range on which a site of a scheme gets the scale of a grid, and its zero point where it has one; of several channels the widest one.
 *
 *     affine       [scale (qmin - zeroPoint), scale (qmax - zeroPoint)]
 *     symmetric    +-scale (qmax - zeroPoint), since the codes of ours are narrow
 *     power..      +-scale (qmax - zeroPoint + 1)
 */
export const coveredRange = ({ scale, zeroPoint, qmin, qmax }: CodeGrid, scheme: Scheme): Range => {
  const highest = Math.max(...scale.map((one, c) => one * (qmax - zeroPoint[c]!)));
  if (scheme === "affine")
    return { lo: Math.min(...scale.map((one, c) => one * (qmin - zeroPoint[c]!))), hi: highest };
  if (scheme === "symmetric") return { lo: -highest, hi: highest };
  const above = Math.max(...scale.map((one, c) => one * (qmax - zeroPoint[c]! + 1)));
  return { lo: -above, hi: above };
};
