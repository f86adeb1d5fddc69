/**
 * @file The inference graph of a run: what its network computes of one image, as plain data that other programs can be written from.
 *
 * A value is what a node makes of one image, [H, W, C] row by row: float32 numbers, or codes of a `quantize` node. Every operation of float32
 * is rounded to float32, in the order in which the formula says it. `runGraph` is these words as a program.
 */
import type { QParams } from "../../core/qparams.ts";
import type { ConvShape, Window } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Normalization } from "../data/dataset.ts";

/** Part of a node that all of them have. */
interface Named {
  /** Name of its value: the path of its layer or site, such as `conv1`; one of its own where it has none, such as `relu1`. */
  readonly name: string;
  /** Names of the values that it takes, `image` among them. */
  readonly inputs: readonly string[];
  /** [H, W, C] of its value. */
  readonly shape: Shape;
}

/**
 * Weights [O, KH, KW, I / groups], row by row: int8 codes, which stand for scale * (code - zeroPoint) with one scale and zero point or one
 * for each output channel, or float32 values where the run multiplies those. The bits of the grid are those that its codes fit into, which are
 * more than those of the run where that has odd levels only.
 */
export type GraphWeights =
  | { readonly kind: "codes"; readonly codes: Int8Array; readonly params: QParams; readonly shape: Shape }
  | { readonly kind: "float32"; readonly values: Float32Array; readonly shape: Shape };

/** What a convolution and a dense layer are beside their shapes. */
export interface Product extends Named {
  readonly weights: GraphWeights;
  /** One number for each output channel; added to the product in float32. */
  readonly bias: Float32Array | undefined;
  readonly conv: ConvShape;
}

/**
 * A quantizer of activations: codes of float32.
 *
 *     code = clip(roundHalfEven(x * inverse), qmin - zeroPoint, qmax - zeroPoint) + zeroPoint,   inverse = float32(1 / scale)
 *
 * x * inverse is rounded to float32. One scale and one zero point. NaN becomes the zero point.
 */
export interface QuantizeNode extends Named {
  readonly op: "quantize";
  readonly params: QParams;
}

/** Float32 numbers that codes stand for: scale * (code - zeroPoint). */
export interface DequantizeNode extends Named {
  readonly op: "dequantize";
}

/**
 * A convolution: of codes with weights that are codes, or of float32 with float32.
 *
 *     codes     y = float32(exact sum of (x - zx) (w - zw)) * float32(sx * sw[o]), then + bias[o]
 *     float32   y = sum, tap after tap (kernel row, kernel column, channel) from 0, product and sum rounded each, then + bias[o]
 *
 * What lies outside of the image is left out.
 */
export interface ConvNode extends Product {
  readonly op: "conv";
}

/** A convolution whose kernel is as large as the image, [H, W, C] to [1, 1, O]: a matrix [O, H * W * C] times the image, otherwise as `conv`. */
export interface DenseNode extends Product {
  readonly op: "dense";
}

/**
 * A batch normalization with its running statistics.
 *
 *     y = (x - mean) * gain, then + offset
 *
 * `epsilon`, `scale`, `shift`, `runningMean` and `runningVariance` are what these are made of: gain = scale / sqrt(variance + epsilon), mean
 * and offset the float32 nearest to the running mean and the shift with what that has left of the mean.
 */
export interface BatchNormNode extends Named {
  readonly op: "batchNorm";
  readonly mean: Float32Array;
  readonly gain: Float32Array;
  readonly offset: Float32Array;
  readonly epsilon: number;
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVariance: Float32Array;
}

/** min(max(x, lo), hi): a rectifier where lo is 0 and hi is Infinity or 6. */
export interface ClipNode extends Named {
  readonly op: "clip";
  readonly lo: number;
  readonly hi: number;
}

/** x * factor, a float32 number. */
export interface ScaledNode extends Named {
  readonly op: "scaled";
  readonly factor: number;
}

/** Largest element of each window; what lies outside of the image never wins. */
export interface MaxPoolNode extends Named {
  readonly op: "maxPool";
  readonly window: Window;
}

/**
 * Mean of each window: the sum of what lies within the image, in order, in runs of 128 that are added in float64, times float32(1 / area of
 * the whole window). Global where the window is as large as the image.
 */
export interface AveragePoolNode extends Named {
  readonly op: "averagePool";
  readonly window: Window;
}

/** Sum of two values of the same shape. */
export interface AddNode extends Named {
  readonly op: "add";
}

/** [H, W, C] to [1, 1, H * W * C], in memory order. */
export interface FlattenNode extends Named {
  readonly op: "flatten";
}

/** Channels of all inputs, one after another; -0 becomes 0. */
export interface ConcatNode extends Named {
  readonly op: "concat";
}

/** Channels become pixels: y[factor h + i, factor w + j, c] = x[h, w, (i factor + j) C + c]. */
export interface PixelShuffleNode extends Named {
  readonly op: "pixelShuffle";
  readonly factor: number;
}

/** Every `stride`-th row and column, with `before` channels of zeros in front of the old ones and zeros behind them. */
export interface SubsampleNode extends Named {
  readonly op: "subsample";
  readonly stride: number;
  readonly before: number;
}

/** One operation of a network. */
export type GraphNode =
  | QuantizeNode
  | DequantizeNode
  | ConvNode
  | DenseNode
  | BatchNormNode
  | ClipNode
  | ScaledNode
  | MaxPoolNode
  | AveragePoolNode
  | AddNode
  | FlattenNode
  | ConcatNode
  | PixelShuffleNode
  | SubsampleNode;

/** Name of the image in the inputs of nodes. */
export const imageName = "image";

/** What a network computes of one image. */
export interface InferenceGraph {
  /** Name of the experiment, such as `lenet5`. */
  readonly name: string;
  /** Id of the run. */
  readonly runId: string;
  /** Training steps behind its parameters. */
  readonly step: number;
  /** Hash of its parameters, as the run says it when it ends. */
  readonly weightsSha256: string;
  /** [H, W, C] of an image, float32 as the data of the run have it: normalized. */
  readonly imageShape: Shape;
  /** How bytes become images; missing where the data of the run are no bytes, or do not say. */
  readonly normalization?: Normalization;
  /** Names of the classes that outputs belong to; empty where they are none. */
  readonly classes: readonly string[];
  /** Nodes, each behind those whose values it takes. The last one makes the output. */
  readonly nodes: readonly GraphNode[];
  /** Sites of activations whose range was found in the tensor itself while the run trained; they have that of its last step. */
  readonly dynamicSites: readonly string[];
}
