/**
 * @file Grids of integers: what scale and zero point cover a range with so many bits.
 *
 *     real = scale * (code - zeroPoint),   code in [qmin, qmax]
 */
import * as E from "fp-ts/lib/Either.js";
import type { QuantError } from "./errors.ts";
import { absMax, type Range, tiniestWidth, width, withZero } from "./range.ts";
import { roundHalfEven } from "./rounding.ts";

/** Scale (real units a step, float32) and zero point of one tensor, or of each of its channels. */
export interface QParams {
  readonly bits: number;
  readonly qmin: number;
  readonly qmax: number;
  /** One entry for the whole tensor, or one for each index of its first side: the output channels of OHWI weights. */
  readonly scale: Float32Array;
  readonly zeroPoint: Int32Array;
}

export type Scheme = "affine" | "symmetric";

export const isBits = (bits: number): boolean => Number.isInteger(bits) && bits >= 2 && bits <= 8;

interface Grid {
  readonly scale: number;
  readonly zeroPoint: number;
}

interface Ends {
  readonly qmin: number;
  readonly qmax: number;
}

const fullGrid = (bits: number): Ends => ({ qmin: -(2 ** (bits - 1)), qmax: 2 ** (bits - 1) - 1 });
const narrowGrid = (bits: number): Ends => ({ qmin: 1 - 2 ** (bits - 1), qmax: 2 ** (bits - 1) - 1 });

const affineGrid = ({ qmin, qmax }: Ends, { lo, hi }: Range): Grid => {
  const scale = Math.fround((hi - lo) / (qmax - qmin));
  return { scale, zeroPoint: Math.min(Math.max(roundHalfEven(qmin - lo / scale), qmin), qmax) };
};

const symmetricGrid = ({ qmax }: Ends, range: Range): Grid => ({
  scale: Math.fround(absMax(range) / qmax),
  zeroPoint: 0,
});

const isInterval = (range: Range): boolean =>
  width(range) >= 0 && Number.isFinite(Math.fround(width(withZero(range))));

const covering =
  (ends: (bits: number) => Ends, grid: (ends: Ends, range: Range) => Grid) =>
  (site: string, bits: number) =>
  (...ranges: readonly Range[]): E.Either<QuantError, QParams> => {
    if (!isBits(bits)) return E.left({ _tag: "BitsOutOfRange", site, bits });
    const { qmin, qmax } = ends(bits);
    const scale = new Float32Array(ranges.length).fill(1);
    const zeroPoint = new Int32Array(ranges.length);
    for (let c = 0; c < ranges.length; c++) {
      const range = ranges[c] as Range;
      if (!isInterval(range)) return E.left({ _tag: "BadRange", site, ...range });
      const covered = withZero(range);
      if (width(covered) < tiniestWidth) continue;
      const found = grid({ qmin, qmax }, covered);
      scale[c] = found.scale;
      zeroPoint[c] = found.zeroPoint;
    }
    return E.right({ bits, qmin, qmax, scale, zeroPoint });
  };

/**
 * Affine parameters with which `bits`-wide signed integers cover `range`; with several ranges, one for each channel.
 *
 *     scale     = (hi - lo) / (qmax - qmin)          real units per integer step, rounded to float32
 *     zeroPoint = roundHalfEven(qmin - lo / scale)   in [qmin, qmax]; stands for exactly 0
 *
 * The range is first widened to contain 0, so that padding and ReLU stay exact; one without any width gets scale 1.
 *
 * @param site where the tensor lives, e.g. `block2/conv1/input`; used in errors only
 * @param bits integer from 2 to 8
 * @returns `Left` of `BitsOutOfRange`, or `BadRange` (not finite, or reversed); never throws
 * @see Jacob et al. 2018, arXiv:1712.05877, section 2.1. There q is uint8; here it is int8, 128 lower.
 */
export const affine = covering(fullGrid, affineGrid);

/**
 * Symmetric parameters: zero point 0 and the narrow grid -qmax .. qmax with qmax = 2^(bits - 1) - 1.
 *
 *     scale = max(|lo|, |hi|) / qmax
 */
export const symmetric = covering(narrowGrid, symmetricGrid);

/** The float32 number that engines multiply with instead of dividing by the scale. */
export const inverseScale = (scale: number): number => Math.fround(1 / scale);
