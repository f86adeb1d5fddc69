/**
 * @file Bytes that one convolution moves between memory and an accelerator. With a static range, which is known before the tensor,
 *   outputs are written once. With a dynamic range, which is computed from the tensor, the sums are first written at full width and read
 *   back.
 *
 *     static  = weights * bw + inputs * ba + outputs * ba
 *     dynamic = static + 2 * outputs * bacc                    in bits, of one image
 *
 * @see Fournarakis and Nagel 2021, arXiv:2105.04246; docs/methods.md section 1
 */
import { type ConvShape, weightShape } from "../../core/shape.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import type { Model } from "../../models/model.ts";
import type { Convolution } from "../../operators/module/module.ts";
import { plannedModel } from "./plannedModel.ts";

/** Memory traffic of one layer for one image, with 8-bit weights and activations and 32-bit accumulators. */
export interface Traffic {
  /** Path of the layer. */
  readonly layer: string;
  /** Bytes moved if the output range is known before the tensor. */
  readonly staticBytes: number;
  /** Bytes moved if the output range is computed from the tensor. */
  readonly dynamicBytes: number;
  /** Percentage by which a dynamic range moves more. */
  readonly extraPercent: number;
}

const weightBits = 8;
const activationBits = 8;
const accumulatorBits = 32;

/** Traffic of one convolution for one image, given the shapes [H, W, C] of its input and output. */
export const trafficOf = (layer: string, conv: ConvShape, inShape: Shape, outShape: Shape): Traffic => {
  const operands =
    sizeOf(weightShape(conv)) * weightBits + (sizeOf(inShape) + sizeOf(outShape)) * activationBits;
  const staticBytes = operands / 8;
  const dynamicBytes = staticBytes + (2 * sizeOf(outShape) * accumulatorBits) / 8;
  return { layer, staticBytes, dynamicBytes, extraPercent: 100 * (dynamicBytes / staticBytes - 1) };
};

/**
 * All convolutions and dense layers of a model over images of `shape`, [H, W, C].
 *
 * @throws `RangeflowFailure` if the model cannot be built for such images
 */
export const convolutionsOf = (model: Model, shape: Shape): readonly Convolution[] =>
  plannedModel(model({ classes: 10 }), shape).convolutions;
