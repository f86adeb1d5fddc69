/**
 * @file The inference graph of a run: what its network computes for one image, as plain data for exports to other programs.
 *
 * A value is the result of a node for one image, [H, W, C] in row-major order: float32 numbers, or codes of a `quantize` node. Every
 * float32 operation is rounded to float32, in the order of the formula. `runGraph` implements this description.
 */
import type { QParams } from "../../core/qparams.ts";
import type { ConvShape, Window } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Normalization } from "../data/normalization.ts";

/** Common part of all nodes. */
interface Named {
  /** Name of its value: the path of its layer or site, such as `conv1`, or a generated one, such as `relu1`. */
  readonly name: string;
  /** Names of its input values. `image` is the image. */
  readonly inputs: readonly string[];
  /** [H, W, C] of its value. */
  readonly shape: Shape;
}

/**
 * Weights [O, KH, KW, I / groups], row-major: int8 codes that stand for scale * (code - zeroPoint), with one scale and zero point or one
 * for each output channel, or float32 values if the run multiplies those. The bits of the grid are those that its codes need, which are
 * more than those of the run if that has odd levels only.
 */
export type GraphWeights =
  | { readonly kind: "codes"; readonly codes: Int8Array; readonly params: QParams; readonly shape: Shape }
  | { readonly kind: "float32"; readonly values: Float32Array; readonly shape: Shape };

/** Common part of convolutions and dense layers. */
export interface Product extends Named {
  readonly weights: GraphWeights;
  /** One number per output channel, added to the product in float32. */
  readonly bias: Float32Array | undefined;
  readonly conv: ConvShape;
}

/**
 * A quantizer of activations: float32 to codes.
 *
 *     code = clip(roundHalfEven(x * inverse), qmin - zeroPoint, qmax - zeroPoint) + zeroPoint,   inverse = float32(1 / scale)
 *
 * x * inverse is rounded to float32. There is one scale and one zero point. NaN becomes the zero point.
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
 * Positions outside the image are left out.
 */
export interface ConvNode extends Product {
  readonly op: "conv";
}

/**
 * A convolution whose kernel is as large as the image, [H, W, C] to [1, 1, O]: a matrix [O, H * W * C] times the image, otherwise as
 * `conv`.
 */
export interface DenseNode extends Product {
  readonly op: "dense";
}

/**
 * A batch normalization with its running statistics.
 *
 *     y = (x - mean) * gain, then + offset
 *
 * `epsilon`, `scale`, `shift`, `runningMean` and `runningVariance` are the original parameters: gain = scale / sqrt(variance + epsilon).
 * Mean and offset are the float32 numbers nearest to the running mean, and to the shift corrected for the rounding of the mean.
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

/** min(max(x, lo), hi): a rectifier if lo is 0 and hi is Infinity or 6. */
export interface ClipNode extends Named {
  readonly op: "clip";
  readonly lo: number;
  readonly hi: number;
}

/** x * factor, with a float32 factor. */
export interface ScaledNode extends Named {
  readonly op: "scaled";
  readonly factor: number;
}

/** Largest element of each window; positions outside the image are ignored. */
export interface MaxPoolNode extends Named {
  readonly op: "maxPool";
  readonly window: Window;
}

/**
 * Mean of each window: the sum of the elements within the image, in order, in runs of 128 that are added in float64, times float32(1 /
 * area of the whole window). Global if the window is as large as the image.
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

/** Every `stride`-th row and column, with `before` zero channels in front of the old ones and zero channels after them. */
export interface SubsampleNode extends Named {
  readonly op: "subsample";
  readonly stride: number;
  readonly before: number;
}

/**
 * A normalization of sets of the value's elements by their own mean and variance: all channels of a position (`groups` undefined), or all
 * positions of a group of channels.
 *
 *     y = (x - mean) / sqrt(variance + epsilon) * scale + shift,   in float64, rounded once
 *
 * Sums are over the channels of a position first, then over positions.
 */
export interface SetNormNode extends Named {
  readonly op: "setNorm";
  readonly groups: number | undefined;
  readonly epsilon: number;
  /** One number per channel. */
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

/**
 * x Phi(x), or its approximation x / (1 + exp(-sqrt(8 / pi) x (1 + 0.044715 x^2))), as PyTorch and ONNX name them; in float64, rounded once.
 */
export interface GeluNode extends Named {
  readonly op: "gelu";
  readonly approximate: "none" | "tanh";
}

/**
 * Softmax of each group of channels of a position, in float64, rounded once. If it is causal, position p takes the first p + 1 channels of a
 * group, and the others become 0.
 */
export interface SoftmaxNode extends Named {
  readonly op: "softmax";
  readonly groups: number;
  readonly causal: boolean;
}

/** x + values, element by element. */
export interface PositionsNode extends Named {
  readonly op: "positions";
  readonly values: Float32Array;
}

/**
 * Matrix product of two values, whose positions are rows, for each group of channels: `other` has as many positions as a group of the first
 * has channels, or, transposed, as many channels in a group. Of codes with codes, or of float32 with float32, as `conv`:
 *
 *     y[p, g, c] = sum over k of x[p, g, k] other[k, g, c]      (transposed: other[c, g, k])
 *     codes     float32(exact sum of (x - zx) (other - zo)) * float32(sx * so)
 *     float32   sum, term after term from 0, product and sum rounded each
 */
export interface MatmulNode extends Named {
  readonly op: "matmul";
  readonly groups: number;
  readonly transposeOther: boolean;
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
  | SubsampleNode
  | SetNormNode
  | GeluNode
  | SoftmaxNode
  | PositionsNode
  | MatmulNode;

/** Name of the image in the inputs of nodes. */
export const imageName = "image";

/** What a network computes for one image. */
export interface InferenceGraph {
  /** Name of the experiment, such as `lenet5`. */
  readonly name: string;
  /** Id of the run. */
  readonly runId: string;
  /** Training steps of its parameters. */
  readonly step: number;
  /** Hash of its parameters, as in the final event of the run. */
  readonly weightsSha256: string;
  /** [H, W, C] of an image, float32, normalized as the data of the run. */
  readonly imageShape: Shape;
  /** How bytes become images; absent unless the inputs of the run are made from bytes and it states how. */
  readonly normalization?: Normalization;
  /** Names of the classes of the outputs; empty unless outputs are classes. */
  readonly classes: readonly string[];
  /** Nodes, each after those whose values it uses. The last one makes the output. */
  readonly nodes: readonly GraphNode[];
  /** Sites of activations whose ranges were dynamic in training. They have the range of the last step. */
  readonly dynamicSites: readonly string[];
}
