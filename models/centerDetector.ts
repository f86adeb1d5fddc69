import * as E from "fp-ts/lib/Either.js";
import { problem } from "../core/errors.ts";
import { boxChannels, centerStride } from "../operators/detection/centerOutput.ts";
import { concat } from "../operators/layers/concat.ts";
import { conv2d } from "../operators/layers/conv2d.ts";
import { pixelShuffle } from "../operators/layers/pixelShuffle.ts";
import { relu } from "../operators/layers/relu.ts";
import { residual } from "../operators/layers/residual.ts";
import { identity } from "../operators/module/identity.ts";
import { type Module, under } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { basicBlock } from "./basicBlock.ts";
import { convNorm } from "./convNorm.ts";
import type { ModelOptions } from "./model.ts";
import { widened } from "./widened.ts";

/** Logit of the probability 0.1 that a cell is a centre, which the heatmap starts with, so that the many cells that are none do not outweigh the others at first. */
const priorLogit = -2.19;

/** Stride of the deepest layer: sides of images are its multiples. */
const deepestStride = 4 * centerStride;

/** A block that halves the image. */
const layer = (name: string, channels: number): Module =>
  under(name, basicBlock(channels, 2, convNorm("Shortcut", { outChannels: channels, kernel: 1, stride: 2 })));

/** What deeper layers make of an image, on images of twice its side, added to the image. */
const withContext = (name: string, channels: number, deeper: Module): Module =>
  sequential(
    residual(
      sequential(
        deeper,
        under(name, convNorm("", { outChannels: 4 * channels, kernel: 1 })),
        pixelShuffle(2),
      ),
      identity(),
    ),
    relu(),
  );

/** A 3x3 convolution and a 1x1 convolution without a rectifier behind it. */
const head = (name: string, inner: number, outChannels: number, initialBias = 0): Module =>
  under(
    name,
    sequential(
      convNorm("1", { outChannels: inner, kernel: 3, padding: 1 }),
      relu(),
      quantized(conv2d)("conv2", { outChannels, kernel: 1, bias: true, initialBias, gain: 0.1 }),
    ),
  );

/**
 * A small detector without anchors: for each cell of 4x4 pixels a logit for each class, that an object of it has its centre there, and the box of
 * that object: [N, H, W, C] to [N, H / 4, W / 4, classes + 4], as `centerLoss` and `decodeCenters` read it.
 *
 * The idea, the three heads (`heatmap`, `size`, `offset`), their prior and the stride of 4 are those of CenterNet; that shallow layers are added to
 * upsampled deep ones is as in TTFNet. The backbone, three residual blocks of 32, 64 and 128 channels at strides 4, 8 and 16, upsampling by pixel
 * shuffles, and normalizations in heads are ours.
 *
 * @param width multiplies all numbers of channels (rounded to multiples of 8); 1 where missing
 * @returns a module that refuses to be built for images whose sides are no multiples of 16
 * @see Zhou et al. 2019, arXiv:1904.07850; Liu et al. 2020 (TTFNet), arXiv:1909.00700
 * @example
 * build(centerDetector({ classes: 10, width: 0.25 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [8, 8, 14]
 */
export const centerDetector =
  ({ classes, width = 1 }: ModelOptions): Module =>
  (scope) => {
    const [height, side] = scope.shape as [number, number];
    if (height % deepestStride !== 0 || side % deepestStride !== 0)
      return E.left([
        problem(
          scope.path === "" ? "centerDetector" : scope.path,
          `images of ${height}x${side}`,
          `sides that are multiples of ${deepestStride}`,
          "resize or pad them",
        ),
      ]);
    const [c0, c1, c2, c3] = [16, 32, 64, 128].map((channels) => widened(channels, width)) as [
      number,
      number,
      number,
      number,
    ];
    const deepest = withContext("up3", c2, layer("layer3", c3));
    return sequential(
      convNorm("1", { outChannels: c0, kernel: 3, padding: 1, stride: 2 }),
      relu(),
      layer("layer1", c1),
      withContext("up2", c1, sequential(layer("layer2", c2), deepest)),
      concat(
        head("heatmap", c1, classes, priorLogit),
        head("size", c1, boxChannels / 2),
        head("offset", c1, boxChannels / 2),
      ),
    )(scope);
  };
