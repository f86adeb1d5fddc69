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

/**
 * Initial logit of the heatmap, for a probability of 0.1 that a cell is a centre, so that the many other cells do not dominate at
 * first.
 */
const priorLogit = -2.19;

/** Stride of the deepest layer; sides of images must be multiples of it. */
const deepestStride = 4 * centerStride;

/** A residual block of stride 2. */
const layer = (name: string, channels: number): Module =>
  under(name, basicBlock(channels, 2, convNorm("Shortcut", { outChannels: channels, kernel: 1, stride: 2 })));

/** Adds to an image the upsampled output of deeper layers. */
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

/** A 3x3 convolution with ReLU, and a 1x1 convolution without. */
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
 * A small anchor-free detector: each cell of 4x4 pixels has a logit per class (that it contains the centre of an object), and the
 * box of that object. For `centerLoss` and `decodeCenters`.
 *
 *     [N, H, W, C] -> [N, H / 4, W / 4, classes + 4]
 *
 * From CenterNet: the idea, the three heads (`heatmap`, `size`, `offset`), their prior, and the stride of 4. From TTFNet: shallow
 * layers are added to upsampled deep ones. Ours: the backbone of three residual blocks (32, 64 and 128 channels at strides 4, 8 and
 * 16), upsampling by pixel shuffle, and normalization in the heads.
 *
 * @param options `classes`; `width`, a factor on all numbers of channels, rounded to multiples of 8. Default: 1.
 * @returns a module that refuses to be built for images whose sides are not multiples of 16
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
