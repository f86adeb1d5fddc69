/**
 * @file Learned ranges: the range of a site is computed from a parameter that is trained with the network.
 *
 * With parameter p, such a site computes p f(x / p) for a step function f, which scales with x and p together. Euler's
 * theorem then gives the gradient of the parameter from the straight-through gradient of the tensor:
 *
 *     p dxq/dp + x dxq/dx = xq,   dxq/dx = 1 where lo < x < hi, else 0
 *     dxq/dp = (xq - x) / p inside, and xq / p outside
 *
 * So LSQ, CG-PACT and LBT share one formula; they differ in their grid, their initial value, and the update of the
 * parameter.
 */
import type { Range } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import type { Learning, Role } from "../../core/signal.ts";

/** The grid of a site, beside its range. */
export interface Sided {
  readonly bits: number;
  /** Whether there are levels below 0. */
  readonly isSigned: boolean;
}

/** A range whose bound or step is a trained parameter: its initial value, the range it stands for, and its update. */
export interface LearnedRange {
  readonly name: string;
  /** Roles of the tensors that it can quantize. */
  readonly roles: readonly Role[];
  /** Name of the parameter, below the path of its site. */
  readonly parameter: string;
  /** Whether there are levels below 0; `auto`: if the first tensor has elements there. */
  readonly sign: "auto" | "signed" | "unsigned";
  /** Initial value of the parameter from the first tensor; if not positive, the largest magnitude is used. */
  readonly start: (first: Sample, how: Sided) => number;
  /** The range of a parameter value. A range [-a, a] gets a symmetric grid, any other an affine one. */
  readonly range: (parameter: number, how: Sided) => Range;
  /** Whether rounding errors inside the range contribute to the parameter's gradient, or only clipped elements. */
  readonly residual: boolean;
  /**
   * What the parameter minimizes: the `loss` of the network, or `channelErrors`, the mean over channels of the squared
   * quantization error divided by the variance (`operators/sites/channelErrors.ts`). Default: `loss`.
   */
  readonly objective?: "loss" | "channelErrors";
  /** Factor on the parameter's gradient for a tensor of `count` elements. */
  readonly gradientScale: (count: number, how: Sided) => number;
  /** How the parameter is trained. */
  readonly learning: Learning;
}

/** Smallest value of a parameter that must be positive. */
export const leastParameter = 1e-8;

/** The range [0, a], or [-a, a] if signed, with a = |parameter|. */
export const upTo = (parameter: number, { isSigned }: Sided): Range => {
  const hi = Math.max(Math.abs(parameter), leastParameter);
  return { lo: isSigned ? -hi : 0, hi };
};

/** Keeps a parameter from becoming 0; its sign may change, because only its magnitude is used. */
export const notZero = (value: number): number => (value === 0 ? leastParameter : value);
