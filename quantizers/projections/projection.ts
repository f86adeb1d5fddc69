/**
 * @file Projections: quantizers whose levels are not multiples of one step, so that products of integers with one scale cannot use them.
 *
 * They compute float32 values element by element on the host; convolutions then multiply them in float32. Those whose values are integers in
 * blocks say so (`integerBlocks`), and leave both to the engine.
 */
import type { Follows } from "../../core/follows.ts";
import type { BlockScheme } from "../../core/integerBlocks.ts";
import type { QParams } from "../../core/qparams.ts";
import type { Range } from "../../core/range.ts";
import type { Role } from "../../core/signal.ts";
import type { Shape } from "../../core/tensor.ts";
import type { GivenQuantity } from "./quantity.ts";

/**
 * Noise in (-1/2, 1/2) for the first `count` elements of a tensor, usually one number each. The result may be overwritten by the
 * next call.
 */
export type Noise = (count: number) => Float32Array;

/** Context of a projection: the site, and everything that levels may depend on. */
export interface Projecting {
  /** Shape of the tensor. */
  readonly shape: Shape;
  /** Role of the site: activations and gradients are NHWC, weights OHWI. */
  readonly role: Role;
  /** Range from the site's estimator. */
  readonly range: Range;
  /** Bit width of the site. */
  readonly bits: number;
  /** True in training, false in evaluation. */
  readonly training: boolean;
  /** Further quantities that some methods need, e.g. `trainingLosses` and `curvature`; unknown ones are absent. */
  readonly quantities: readonly GivenQuantity[];
  /** Noise for stochastic rounding; `undefined` for rounding to nearest. */
  readonly noise: Noise | undefined;
}

/**
 * A tensor on the levels of a projection. The network owns the arrays from then on, and reads codes and mask again in the backward
 * pass, so each call must return new ones.
 */
export interface Projected {
  /** The quantized tensor: one value per element. */
  readonly values: Float32Array;
  /** The same values as integers for integer products, if they are multiples of one step after all. */
  readonly integers?: { readonly codes: Int8Array; readonly params: QParams };
  /** Number of elements clipped by the range. */
  readonly clipped: number;
  /** One byte per element: 1 where the gradient may pass, 0 where it was clipped. Default: it passes everywhere. */
  readonly gradientMask?: Int8Array;
}

/**
 * A quantizer whose levels are not multiples of one step: maps the elements of a tensor to float32 values, which are multiplied in
 * float32.
 */
export interface Projection {
  readonly name: string;
  /** Options, if it has any. Recordings store them, and the catalogue recreates the projection from name and options. */
  readonly options?: Readonly<Record<string, number | string>>;
  /** What its levels depend on. With `tensor`, only the estimator `currentMinMax` can be used (see `withProjection`). */
  readonly follows: Follows;
  /** Rounding that the method requires. Default: that of its quantizer. */
  readonly rounding?: "nearest" | "stochastic";
  /** Roles of the tensors that it can quantize. Default: all. */
  readonly roles?: readonly Role[];
  /** Bit widths that it supports. Default: all. */
  readonly bits?: readonly number[];
  /** Bit widths at which its values are integers times one step. Default: none. */
  readonly integerBits?: readonly number[];
  /**
   * Blocks, if its values are integers in blocks that share a power of two (`core/integerBlocks.ts`), at all of its widths. The engine then
   * quantizes in place of `project`, and multiplies in integers. Default: no blocks.
   */
  readonly integerBlocks?: BlockScheme;
  /** Projects the elements of a tensor, in memory order. It must not change them. */
  readonly project: (x: Float32Array, how: Projecting) => Projected;
}
