/**
 * @file Weight transforms: quantizers that bend or scale the weights of a layer before and after rounding, and so bring ranges of their own.
 *
 * They are computed on the host in float64, once a step: weights are few beside activations.
 */
import type { QParams } from "../../core/qparams.ts";
import type { Range } from "../../core/range.ts";
import type { Learning, Role } from "../../core/signal.ts";
import type { Noise } from "../projections/projection.ts";

/** Values that a transform learns beside the weights; they stand below the path of their site. */
export interface LearnedValues {
  readonly name: string;
  /** The first ones, for the weights that the layer begins with. */
  readonly start: (w: Float32Array) => Float32Array;
  readonly learning: Learning;
}

/** Weights of a layer, and what they are transformed with. */
export interface Weights {
  /** 2 to 8, or 32: transformed, not rounded. */
  readonly bits: number;
  /** Output channels times the kernel positions that share them: n_out of SAT. */
  readonly outputs: number;
  /** Learned values so far, in the order of `learns`; the first values if missing. */
  readonly learned?: readonly Float32Array[];
  /** Noise for stochastic rounding, in training only. */
  readonly noise?: Noise | undefined;
}

/** Gradients of the weights, and of what is learned beside them. */
export interface Pulled {
  readonly dw: Float32Array;
  readonly learned?: readonly Float32Array[];
}

/** Weights after a transform, and the way back for their gradient. */
export interface Transformed {
  /** Values that are multiplied instead of the weights. */
  readonly values: Float32Array;
  /** The same as integers, where they fit into 8 bits. */
  readonly integers?: { readonly codes: Int8Array; readonly params: QParams };
  /** Range from the lowest to the highest value that there could be. */
  readonly range: Range;
  /** Weights that would have rounded to a level beyond it; none if missing. */
  readonly clipped?: number;
  /** Gradients of weights and learned values, from that of the values. */
  readonly pullback: (dy: Float32Array) => Pulled;
}

/** A quantizer of weights that bends or scales them before and after rounding, and so has ranges of its own. */
export interface WeightTransform {
  readonly name: string;
  /** Roles of tensors that it can bend: weights only. */
  readonly roles: readonly Role[];
  /** The widths at which its values are integers times one step. */
  readonly integerBits: readonly number[];
  /** Values that are learned beside the weights; none if missing. */
  readonly learns?: (bits: number) => readonly LearnedValues[];
  readonly transform: (w: Float32Array, weights: Weights) => Transformed;
}
