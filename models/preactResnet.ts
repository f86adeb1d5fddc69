import * as E from "fp-ts/lib/Either.js";
import { problem } from "../core/errors.ts";
import { batchNorm } from "../operators/layers/batchNorm.ts";
import { conv2d } from "../operators/layers/conv2d.ts";
import { dense } from "../operators/layers/dense.ts";
import { globalAveragePool } from "../operators/layers/pool.ts";
import { relu } from "../operators/layers/relu.ts";
import { residual } from "../operators/layers/residual.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { blocks } from "./blocks.ts";
import type { ModelOptions } from "./model.ts";
import { widened } from "./widened.ts";

const conv = quantized(conv2d);

const activated = (name: string): Module => sequential(batchNorm(name), relu());

/**
 * Batch normalization and ReLU before each of two 3x3 convolutions. If the shape changes, the shortcut is a 1x1 convolution behind
 * the first ReLU; otherwise the output is the input plus the branch, with nothing behind the sum.
 */
const block =
  (outChannels: number, stride: number): Module =>
  (scope) => {
    const first = activated("norm1");
    const branch = sequential(
      conv("conv1", { outChannels, kernel: 3, padding: 1, stride }),
      activated("norm2"),
      conv("conv2", { outChannels, kernel: 3, padding: 1 }),
    );
    const keepsShape = stride === 1 && scope.shape[2] === outChannels;
    const shortcut = conv("convShortcut", { outChannels, kernel: 1, stride, gain: 1 });
    return (keepsShape ? residual(sequential(first, branch)) : sequential(first, residual(branch, shortcut)))(
      scope,
    );
  };

/**
 * Pre-activation ResNet for small images: three layers of (depth - 2) / 6 blocks. 272,282 parameters for depth 20, three channels
 * and ten classes; 40.8 million multiplications for a 32x32 image.
 *
 * @param options `classes`; `depth` 8, 14, 20 and so on (default: 20); `width`, a factor on all numbers of channels, rounded to
 *   multiples of 8 (default: 1)
 * @see He et al. 2016, arXiv:1603.05027, figure 4 (e)
 * @example
 * build(preactResnet({ classes: 10, width: 0.125 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [1, 1, 10]
 */
export const preactResnet = ({
  classes,
  depth = 20,
  width = 1,
}: ModelOptions & { readonly depth?: number }): Module => {
  const layer = (name: string, channels: number, stride: number): Module =>
    blocks(name, (depth - 2) / 6, (i) => block(channels, i === 0 ? stride : 1));
  if (depth < 8 || depth % 6 !== 2)
    return () =>
      E.left([problem("preactResnet", `a depth of ${depth}`, "6n + 2 for n blocks a layer, such as 20")]);
  return sequential(
    conv("conv1", { outChannels: widened(16, width), kernel: 3, padding: 1 }),
    layer("layer1", widened(16, width), 1),
    layer("layer2", widened(32, width), 2),
    layer("layer3", widened(64, width), 2),
    activated("norm"),
    globalAveragePool(),
    quantized(dense)("dense", { units: classes, gain: 1 }),
  );
};
