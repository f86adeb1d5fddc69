/**
 * @file Bytes that one convolution moves between memory and an accelerator, with ranges that are there before the tensor
 * (static) and with ranges that wait for it (dynamic: the sums are written out with all their bits, and read back).
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

export interface Traffic {
  readonly layer: string;
  readonly staticBytes: number;
  readonly dynamicBytes: number;
  /** Percentage by which a dynamic range moves more. */
  readonly extraPercent: number;
}

const weightBits = 8;
const activationBits = 8;
const accumulatorBits = 32;

/** Traffic of one convolution over one image, [H, W, C] before and after it. */
export const trafficOf = (layer: string, conv: ConvShape, inShape: Shape, outShape: Shape): Traffic => {
  const operands =
    sizeOf(weightShape(conv)) * weightBits + (sizeOf(inShape) + sizeOf(outShape)) * activationBits;
  const staticBytes = operands / 8;
  const dynamicBytes = staticBytes + (2 * sizeOf(outShape) * accumulatorBits) / 8;
  return { layer, staticBytes, dynamicBytes, extraPercent: 100 * (dynamicBytes / staticBytes - 1) };
};

/**
 * Every convolution and dense layer of a model over images of `shape`.
 *
 * @throws `RangeflowFailure` if the model cannot be built for such images
 */
export const convolutionsOf = (model: Model, shape: Shape): readonly Convolution[] =>
  plannedModel(model({ classes: 10 }), shape).convolutions;
