/**
 * @file Integer grids: the scale and zero point with which codes of `bits` bits cover a range.
 *
 *     real = scale * (code - zeroPoint),   code in [qmin, qmax]
 */
import * as E from "fp-ts/lib/Either.js";
import type { QuantError } from "./errors.ts";
import { ceilLog2, roundLog2 } from "./powers.ts";
import { absMax, isUsable, type Range, tiniestWidth, width, withZero } from "./range.ts";
import { roundHalfEven } from "./rounding.ts";
import type { Scheme } from "./scheme.ts";

/**
 * Quantization parameters of one tensor, or of each of its channels: scale (real units per step, float32) and zero
 * point.
 */
export interface QParams {
  /** Bit width of the codes, 2 to 8. */
  readonly bits: number;
  /** Smallest code. */
  readonly qmin: number;
  /** Largest code. */
  readonly qmax: number;
  /** One entry for the whole tensor, or one for each index of its first side (the output channels of OHWI weights). */
  readonly scale: Float32Array;
  /** The code of 0, with as many entries as `scale`. */
  readonly zeroPoint: Int32Array;
}

/** Whether codes can have this width: 2 to 8 bits. */
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

/** How a scheme covers a range: its codes, scale and zero point. */
interface Cover {
  readonly ends: (bits: number) => Ends;
  readonly grid: (ends: Ends, range: Range) => Grid;
}

const covering =
  ({ ends, grid }: Cover) =>
  (site: string, bits: number) =>
  (...ranges: readonly Range[]): E.Either<QuantError, QParams> => {
    if (!isBits(bits)) return E.left({ _tag: "BitsOutOfRange", site, bits });
    const { qmin, qmax } = ends(bits);
    const scale = new Float32Array(ranges.length).fill(1);
    const zeroPoint = new Int32Array(ranges.length);
    for (let c = 0; c < ranges.length; c++) {
      const range = ranges[c] as Range;
      if (!isUsable(range)) return E.left({ _tag: "BadRange", site, lo: range.lo, hi: range.hi });
      const covered = withZero(range);
      if (width(covered) < tiniestWidth) continue;
      const found = grid({ qmin, qmax }, covered);
      scale[c] = found.scale;
      zeroPoint[c] = found.zeroPoint;
    }
    return E.right({ bits, qmin, qmax, scale, zeroPoint });
  };

const powerGrid =
  (exponent: (most: number) => number) =>
  ({ qmax }: Ends, range: Range): Grid => ({
    scale: Math.fround(2 ** exponent(absMax(range)) / (qmax + 1)),
    zeroPoint: 0,
  });

const covers: Readonly<Record<Scheme, Cover>> = {
  affine: { ends: fullGrid, grid: affineGrid },
  symmetric: { ends: narrowGrid, grid: symmetricGrid },
  powerNear: { ends: narrowGrid, grid: powerGrid(roundLog2) },
  powerAbove: { ends: narrowGrid, grid: powerGrid(ceilLog2) },
};

/**
 * Tolerance at the bounds of a grid, in steps: its scale is rounded to float32, so 255 steps are each off by up to
 * 2^-24.
 */
const slack = 2 ** -16;

/**
 * The interval that the grid of a range codes without clipping: from half a step below its first level to half a step
 * above its last.
 *
 *     [scale (qmin - zeroPoint - beyond), scale (qmax - zeroPoint + beyond)]
 *
 * @param beyond distance from the outermost levels, in steps. Default: 1/2.
 * @returns the range itself, widened to contain 0, if that has no width
 */
export const codedRange = (scheme: Scheme, bits: number, beyond = 0.5): ((range: Range) => Range) => {
  const { ends, grid } = covers[scheme];
  const levels = ends(bits);
  const [first, last] = [levels.qmin - beyond - slack, levels.qmax + beyond + slack];
  return (range) => {
    const covered = withZero(range);
    if (!(width(covered) >= tiniestWidth)) return covered;
    const { scale, zeroPoint } = grid(levels, covered);
    return { lo: scale * (first - zeroPoint), hi: scale * (last - zeroPoint) };
  };
};

/**
 * Affine (asymmetric) parameters with which `bits`-wide signed integers cover a range. Several ranges give one entry
 * per channel.
 *
 *     scale     = (hi - lo) / (qmax - qmin)          real units per integer step, rounded to float32
 *     zeroPoint = roundHalfEven(qmin - lo / scale)   in [qmin, qmax]; stands for exactly 0
 *
 * The range is first widened to contain 0, so that padding and ReLU stay exact. A range without width gets scale 1. As
 * `torch.per_tensor_affine` with dtype `qint8`.
 *
 * @param site where the tensor is, e.g. `block2/conv1/input`; used in errors only
 * @param bits integer from 2 to 8
 * @returns `Left` of `BitsOutOfRange`, or of `BadRange` if a range is not usable (`isUsable`: not finite, too large, or
 *   reversed); never throws
 * @see Jacob et al. 2018, arXiv:1712.05877, section 2.1. There q is uint8; here it is int8, 128 lower.
 */
export const affine = covering(covers.affine);

/**
 * Symmetric parameters: zero point 0, and the narrow grid -qmax .. qmax with qmax = 2^(bits - 1) - 1. As
 * `torch.per_tensor_symmetric`, but without the code -2^(bits - 1).
 *
 *     scale = max(|lo|, |hi|) / qmax
 */
export const symmetric = covering(covers.symmetric);

/**
 * Symmetric parameters whose scale is a power of two, so that rescaling needs integers only: the power nearest in
 * ratio, which clips where it is below the range.
 *
 *     scale = 2^round(log2 max(|lo|, |hi|)) / 2^(bits - 1),   codes -qmax .. qmax
 *
 * @see Yang et al. 2019, arXiv:1909.02384, and the authors' code. Their codes include 2^(bits - 1), which does not fit
 *   into int8.
 */
export const powerNear = covering(covers.powerNear);

/**
 * As `powerNear`, with the power above the range, which clips only within half a step of it.
 *
 *     scale = 2^ceil(log2 max(|lo|, |hi|)) / 2^(bits - 1),   codes -qmax .. qmax
 *
 * @see Wang et al., NITI, the released code (docs/methods.md 8.8)
 */
export const powerAbove = covering(covers.powerAbove);

/** The schemes by name. */
export const schemes: Readonly<Record<Scheme, typeof affine>> = {
  affine,
  symmetric,
  powerNear,
  powerAbove,
};

/** 1 / scale in float32, by which engines multiply instead of dividing by the scale. */
export const inverseScale = (scale: number): number => Math.fround(1 / scale);
