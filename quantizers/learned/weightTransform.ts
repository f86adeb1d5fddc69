/**
 * @file Weight transforms: quantizers that bend or scale the weights of a layer before and after rounding, and so bring ranges of their own.
 *
 * They are computed on the host in float64, once a step: weights are few beside activations.
 */
import type { QParams } from "../../core/qparams.ts";
import type { Range } from "../../core/range.ts";
import type { Role } from "../../core/signal.ts";

/** Of which layer the weights are. */
export interface Weights {
  /** 2 to 8, or 32: transformed, not rounded. */
  readonly bits: number;
  /** Output channels times the kernel positions that share them: n_out of SAT. */
  readonly outputs: number;
}

export interface Transformed {
  /** What is multiplied instead of the weights. */
  readonly values: Float32Array;
  /** The same as integers, where they fit into 8 bits. */
  readonly integers?: { readonly codes: Int8Array; readonly params: QParams };
  /** From the lowest to the highest value that there could be. */
  readonly range: Range;
  /** From the gradient of the values to that of the weights. */
  readonly pullback: (dy: Float32Array) => Float32Array;
}

export interface WeightTransform {
  readonly name: string;
  /** Weights only. */
  readonly roles: readonly Role[];
  /** The widths at which its values are integers times one step. */
  readonly integerBits: readonly number[];
  readonly transform: (w: Float32Array, weights: Weights) => Transformed;
}
