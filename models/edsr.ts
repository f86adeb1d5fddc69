import { conv2d } from "../operators/layers/conv2d.ts";
import { pixelShuffle } from "../operators/layers/pixelShuffle.ts";
import { relu } from "../operators/layers/relu.ts";
import { residual } from "../operators/layers/residual.ts";
import { scaled } from "../operators/layers/scaled.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { blocks } from "./blocks.ts";
import type { ModelOptions } from "./model.ts";
import { widened } from "./widened.ts";

/** A 3x3 convolution with a bias; the network has no normalization. */
const conv = (name: string, outChannels: number, gain: number): Module =>
  quantized(conv2d)(name, { outChannels, kernel: 3, padding: 1, bias: true, gain });

const block = (channels: number): Module =>
  residual(sequential(conv("conv1", channels, 2), relu(), conv("conv2", channels, 1), scaled(0.1)));

/**
 * EDSR baseline for super-resolution: images of twice the side, [N, H, W, C] -> [N, 2 H, 2 W, C]. 16 residual blocks without
 * normalization, each scaled by 0.1, and a pixel shuffle at the end. 1,369,859 parameters for three channels; 1,406 million
 * multiplications for a 32x32 image.
 *
 * @param options `width`, a factor on the 64 channels, rounded to multiples of 8. Default: 1.
 * @see Lim et al. 2017, arXiv:1707.02921, table 1; the factor of 0.1 is that of its larger network
 * @example
 * build(edsr({ width: 0.125 }), scopeFor({ engine: reference(), shape: [16, 16, 3] })).shape; // [32, 32, 3]
 */
export const edsr =
  ({ width = 1 }: Pick<ModelOptions, "width">): Module =>
  (scope) => {
    const channels = widened(64, width);
    return sequential(
      conv("conv1", channels, 1),
      residual(
        sequential(
          blocks("body", 16, () => block(channels)),
          conv("conv2", channels, 1),
        ),
      ),
      conv("conv3", 4 * channels, 1),
      pixelShuffle(2),
      conv("conv4", scope.shape[2] as number, 1),
    )(scope);
  };
