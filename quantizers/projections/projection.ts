/**
 * @file Projections: quantizers whose values are not multiples of one step, so that no integer product has them for operands.
 *
 * What they make of a tensor is float32, computed on the host element by element, and convolutions multiply it in float32.
 */
import type { Follows } from "../../core/follows.ts";
import type { QParams } from "../../core/qparams.ts";
import type { Range } from "../../core/range.ts";
import type { Role } from "../../core/signal.ts";
import type { Shape } from "../../core/tensor.ts";
import type { GivenQuantity } from "./quantity.ts";

/**
 * Numbers in (-1/2, 1/2), the first so many of a tensor: usually one for each element. What it gives may be overwritten when it is asked
 * again.
 */
export type Noise = (count: number) => Float32Array;

/** Context in which one tensor is projected: its site, and what the levels may follow. */
export interface Projecting {
  readonly shape: Shape;
  /** Role of the site: activations and gradients are NHWC, weights OHWI. */
  readonly role: Role;
  /** Range of the site's estimator. */
  readonly range: Range;
  readonly bits: number;
  /** Whether anything is learned from the step; evaluation otherwise. */
  readonly training: boolean;
  /** Quantities that single methods ask for, such as `trainingLosses` and `curvature`; those that nobody knows are absent. */
  readonly quantities: readonly GivenQuantity[];
  /** Noise for stochastic rounding; nearest without it. */
  readonly noise: Noise | undefined;
}

/**
 * A tensor on the levels of a projection, element by element. Arrays are the network's from then on: codes and mask are read again on the way
 * back, so each call gives new ones.
 */
export interface Projected {
  readonly values: Float32Array;
  /** The same as integers, to be multiplied as such: where values are multiples of one step after all. */
  readonly integers?: { readonly codes: Int8Array; readonly params: QParams };
  /** Elements that were limited by the range. */
  readonly clipped: number;
  /** One byte an element: 1 where a gradient may pass, 0 where it was clipped. All may where it is missing. */
  readonly gradientMask?: Int8Array;
}

/** A quantizer whose levels are no multiples of one step: from the elements of a tensor to float32 values, which are multiplied in float32. */
export interface Projection {
  readonly name: string;
  /** Options, if it has any: with them and the name the catalogue makes it again, and a recording keeps them. */
  readonly options?: Readonly<Record<string, number | string>>;
  /** Quantity that its levels follow; one that follows the `tensor` works with the estimator `currentMinMax` only (`withProjection`). */
  readonly follows: Follows;
  /** Rounding of the method; that of its quantizer if missing. */
  readonly rounding?: "nearest" | "stochastic";
  /** Roles of tensors that it can quantize; all if missing. */
  readonly roles?: readonly Role[];
  /** The widths that it has; all if missing. */
  readonly bits?: readonly number[];
  /** The widths at which its values are integers times one step; none if missing. */
  readonly integerBits?: readonly number[];
  readonly project: (x: Float32Array, how: Projecting) => Projected;
}
