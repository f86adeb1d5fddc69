/**
 * @file Learned ranges: the range of a site comes from a parameter that is trained with the network.
 *
 * What such a site makes of x with its parameter p is p f(x / p) with steps f, which scales with x and p together. Euler's theorem
 * then gives the gradient of the parameter from that of the tensor, which is taken straight through the rounding:
 *
 *     p dxq/dp + x dxq/dx = xq,   dxq/dx = 1 where lo < x < hi, else 0
 *     dxq/dp = (xq - x) / p inside, and xq / p outside
 *
 * So LSQ, CG-PACT and LBT are one formula; they differ in their grid, their first value, and how the parameter is updated.
 */
import type { Range } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import type { Learning, Role } from "../../core/signal.ts";

/** Grid of a site, beside its range. */
export interface Sided {
  readonly bits: number;
  /** Whether there are levels below 0. */
  readonly isSigned: boolean;
}

/** A range whose end or step is a parameter of the network: how it starts, what range it stands for, and how it is updated. */
export interface LearnedRange {
  readonly name: string;
  /** Roles of tensors that it can quantize. */
  readonly roles: readonly Role[];
  /** Name of the parameter: it stands below the path of its site. */
  readonly parameter: string;
  /** Whether there are levels below 0; `auto`: where the first tensor has elements there. */
  readonly sign: "auto" | "signed" | "unsigned";
  /** The parameter for the first tensor; what is not positive is replaced by the largest magnitude. */
  readonly start: (first: Sample, how: Sided) => number;
  /** The range that a parameter stands for. One from -a to a has a symmetric grid, every other one an affine grid. */
  readonly range: (parameter: number, how: Sided) => Range;
  /** Whether rounding errors inside the range reach the parameter, or only what was clipped. */
  readonly residual: boolean;
  /**
   * What the parameter minimizes; `loss`, that of the network, if missing. `channelErrors`: the mean over channels of the squared error of
   * quantization over the variance (`operators/sites/channelErrors.ts`).
   */
  readonly objective?: "loss" | "channelErrors";
  /** Factor of the parameter's gradient, for a tensor of so many elements. */
  readonly gradientScale: (count: number, how: Sided) => number;
  readonly learning: Learning;
}

/** Lower bound of a parameter that must be positive. */
export const leastParameter = 1e-8;

/** The range [0, a], or [-a, a], of magnitude a = |parameter|. */
export const upTo = (parameter: number, { isSigned }: Sided): Range => {
  const hi = Math.max(Math.abs(parameter), leastParameter);
  return { lo: isSigned ? -hi : 0, hi };
};

/** A parameter whose magnitude counts: it may change its sign, but not vanish. */
export const notZero = (value: number): number => (value === 0 ? leastParameter : value);
