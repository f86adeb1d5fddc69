import { dense } from "../operators/layers/dense.ts";
import { globalAveragePool, maxPool } from "../operators/layers/pool.ts";
import { relu } from "../operators/layers/relu.ts";
import { type Module, under } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { convNorm } from "./convNorm.ts";
import type { ModelOptions } from "./model.ts";
import { widened } from "./widened.ts";

/** Channels and number of convolutions of each layer; a maximum behind it halves the image. */
const layers = [
  { channels: 64, convolutions: 2 },
  { channels: 128, convolutions: 2 },
  { channels: 256, convolutions: 3 },
  { channels: 512, convolutions: 3 },
  { channels: 512, convolutions: 3 },
] as const;

/**
 * VGG-16 with batch normalization for images of 32x32 and more: thirteen 3x3 convolutions and one dense layer over the mean of
 * what is left of the image, instead of the three over all of it that most of the original's parameters are in. 14,724,042
 * parameters for three channels and ten classes; 313 million multiplications for 32x32, 1,253 million for 64x64.
 *
 * @param width multiplies all numbers of channels (rounded to multiples of 8); 1 where missing
 * @see Simonyan and Zisserman 2015, arXiv:1409.1556, table 1, column D
 * @example
 * build(vgg16({ classes: 10, width: 0.125 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [1, 1, 10]
 */
export const vgg16 = ({ classes, width = 1 }: ModelOptions): Module =>
  sequential(
    ...layers.map(({ channels, convolutions }, i) =>
      under(
        `layer${i + 1}`,
        sequential(
          ...Array.from({ length: convolutions }, (_, c) =>
            sequential(
              convNorm(`${c + 1}`, { outChannels: widened(channels, width), kernel: 3, padding: 1 }),
              relu(),
            ),
          ),
          maxPool({ size: 2 }),
        ),
      ),
    ),
    globalAveragePool(),
    quantized(dense)("dense", { units: classes, gain: 1 }),
  );
