import * as E from "fp-ts/lib/Either.js";
import { problem } from "../core/errors.ts";
import { dense } from "../operators/layers/dense.ts";
import { flatten } from "../operators/layers/flatten.ts";
import { averagePool, globalAveragePool, maxPool } from "../operators/layers/pool.ts";
import { relu } from "../operators/layers/relu.ts";
import { identity } from "../operators/module/identity.ts";
import { type Module, under } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { convNorm } from "./convNorm.ts";
import type { ModelOptions } from "./model.ts";
import { widened } from "./widened.ts";

/** Channels and number of convolutions of each layer; max pooling behind it halves the image. */
const layers = [
  { channels: 64, convolutions: 2 },
  { channels: 128, convolutions: 2 },
  { channels: 256, convolutions: 3 },
  { channels: 512, convolutions: 3 },
  { channels: 512, convolutions: 3 },
] as const;

/** Side of the image in front of the original classifier. */
const side = 7;

/** Average pooling to 7x7, and the first two dense layers of the original, without its dropout. */
const classifier =
  (units: number): Module =>
  (scope) => {
    const [height, width] = scope.shape as [number, number];
    const size = height / side;
    if (height !== width || !Number.isInteger(size))
      return E.left([
        problem(
          scope.path === "" ? "vgg16" : scope.path,
          `a feature map of ${height}x${width} after the last max pooling`,
          `a multiple of ${side}x${side}`,
          "use square images whose side is a multiple of 224, or the variant rangeflow",
        ),
      ]);
    return sequential(
      size === 1 ? identity() : averagePool({ size }),
      flatten(),
      quantized(dense)("dense1", { units }),
      relu(),
      quantized(dense)("dense2", { units }),
      relu(),
    )(scope);
  };

/**
 * VGG-16 with batch normalization, for images of 32x32 and larger: thirteen 3x3 convolutions, and one dense layer on the global
 * average instead of the original's three, which hold most of its parameters. 14,724,042 parameters for three channels and ten
 * classes; 313 million multiplications for 32x32, 1,253 million for 64x64.
 *
 * @param options `classes`; `width`, a factor on all numbers of channels, rounded to multiples of 8 (default: 1); `variant`
 *   `torchvision` has the original's three dense layers without dropout, and biases before the normalizations, for 224x224 images:
 *   138,365,992 parameters for 1000 classes (default: `rangeflow`)
 * @see Simonyan and Zisserman 2015, arXiv:1409.1556, table 1, column D
 * @example
 * build(vgg16({ classes: 10, width: 0.125 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [1, 1, 10]
 */
export const vgg16 = ({ classes, width = 1, variant = "rangeflow" }: ModelOptions): Module => {
  const isTorchvision = variant === "torchvision";
  const last = quantized(dense)(isTorchvision ? "dense3" : "dense", { units: classes, gain: 1 });
  return sequential(
    ...layers.map(({ channels, convolutions }, i) =>
      under(
        `layer${i + 1}`,
        sequential(
          ...Array.from({ length: convolutions }, (_, c) =>
            sequential(
              convNorm(`${c + 1}`, {
                ...{ outChannels: widened(channels, width), kernel: 3, padding: 1 },
                ...(isTorchvision && { bias: true }),
              }),
              relu(),
            ),
          ),
          maxPool({ size: 2 }),
        ),
      ),
    ),
    isTorchvision ? classifier(widened(4096, width)) : globalAveragePool(),
    last,
  );
};
