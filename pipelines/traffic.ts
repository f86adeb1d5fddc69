/**
 * @file Bytes that one convolution moves between memory and an accelerator, with ranges that are there before the tensor
 * (static) and with ranges that wait for it (dynamic: the sums are written out with all their bits, and read back).
 *
 *     static  = weights * bw + inputs * ba + outputs * ba
 *     dynamic = static + 2 * outputs * bacc                    in bits, of one image
 *
 * @see Fournarakis and Nagel 2021, arXiv:2105.04246; methods.md section 1
 */
import * as E from "fp-ts/lib/Either.js";
import { RangeflowFailure } from "../core/errors.ts";
import { reference } from "../core/kernels/reference/engine.ts";
import { key } from "../core/random.ts";
import { type ConvShape, weightShape } from "../core/shape.ts";
import { type Shape, sizeOf } from "../core/tensor.ts";
import type { Model } from "../models/index.ts";
import type { Convolution } from "../operators/module.ts";
import { parameterStore } from "../operators/parameters.ts";
import { currentMinMax } from "../quantizers/currentMinMax.ts";
import { quantizerFor } from "../quantizers/quantizer.ts";

export interface Traffic {
  readonly layer: string;
  readonly staticBytes: number;
  readonly dynamicBytes: number;
  /** How much more a dynamic range moves, in percent. */
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
export const convolutionsOf = (model: Model, shape: Shape): readonly Convolution[] => {
  const convolutions: Convolution[] = [];
  const engine = reference();
  const estimator = { name: "currentMinMax", estimator: currentMinMax() };
  const built = model({ classes: 10 })({
    path: "",
    shape,
    engine,
    seed: key(0),
    parameters: parameterStore(engine.allocate),
    quantizer: (_, role) => quantizerFor(role, 8, estimator),
    history: () => [],
    patience: (answer$) => answer$,
    announce: (convolution) => convolutions.push(convolution),
    measuresSqnr: () => false,
  });
  if (E.isLeft(built)) throw new RangeflowFailure(...built.left);
  return convolutions;
};
