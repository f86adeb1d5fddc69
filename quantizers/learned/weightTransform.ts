/**
 * @file Weight transforms: quantizers that map or scale the weights of a layer before and after rounding, and therefore
 *   compute ranges of their own.
 *
 * They run on the host in float64, once per step: weights are few compared with activations.
 */
import type { QParams } from "../../core/qparams.ts";
import type { Range } from "../../core/range.ts";
import type { Learning, Role } from "../../core/signal.ts";
import type { Noise } from "../projections/projection.ts";

/** Values that a transform trains beside the weights, below the path of their site. */
export interface LearnedValues {
  readonly name: string;
  /** Initial values, from the initial weights of the layer. */
  readonly start: (w: Float32Array) => Float32Array;
  readonly learning: Learning;
}

/** Input of a transform beside the weights. */
export interface Weights {
  /** 2 to 8, or 32: transformed, not rounded. */
  readonly bits: number;
  /** Number of outputs that use a weight: output channels times kernel positions, n_out of SAT. */
  readonly outputs: number;
  /** Current learned values, in the order of `learns`. Default: their initial values. */
  readonly learned?: readonly Float32Array[];
  /** Noise for stochastic rounding, in training only. */
  readonly noise?: Noise | undefined;
}

/** Gradients of the weights, and of the values learned beside them. */
export interface Pulled {
  /** Gradient of the weights. */
  readonly dw: Float32Array;
  /** Gradients of the learned values, in the order of `learns`. */
  readonly learned?: readonly Float32Array[];
}

/** Transformed weights, and the pullback of their gradient. */
export interface Transformed {
  /** Values that replace the weights in products. */
  readonly values: Float32Array;
  /** The same values as integers, if they fit into 8 bits. */
  readonly integers?: { readonly codes: Int8Array; readonly params: QParams };
  /** Range from the lowest to the highest possible value. */
  readonly range: Range;
  /** Number of weights that were clipped to an outermost level. Default: 0. */
  readonly clipped?: number;
  /** Gradients of weights and learned values from the gradient of `values`. */
  readonly pullback: (dy: Float32Array) => Pulled;
}

/** A quantizer of weights that maps or scales them before and after rounding, and computes its own ranges. */
export interface WeightTransform {
  readonly name: string;
  /** Roles of the tensors that it can transform: weights only. */
  readonly roles: readonly Role[];
  /** Bit widths at which its values are integers times one step, so that products are integers. */
  readonly integerBits: readonly number[];
  /** Values that are learned beside the weights at a bit width. Default: none. */
  readonly learns?: (bits: number) => readonly LearnedValues[];
  /** Transforms the weights of a layer, OHWI in memory order. It must not change them. */
  readonly transform: (w: Float32Array, weights: Weights) => Transformed;
}
