import { dense } from "../operators/layers/dense.ts";
import { globalAveragePool } from "../operators/layers/pool.ts";
import { relu } from "../operators/layers/relu.ts";
import { type Module, under } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { convNorm } from "./convNorm.ts";
import { firstStride } from "./firstStride.ts";
import type { ModelOptions } from "./model.ts";
import { widened } from "./widened.ts";

/** Output channels and stride of each block. */
const separable = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/** A 3x3 depthwise convolution and a 1x1 convolution, each with ReLU. */
const block =
  (outChannels: number, stride: number): Module =>
  (scope) => {
    const inChannels = scope.shape[2] as number;
    return sequential(
      convNorm("1", { outChannels: inChannels, kernel: 3, padding: 1, stride, groups: inChannels }),
      relu(),
      convNorm("2", { outChannels, kernel: 1 }),
      relu(),
    )(scope);
  };

/**
 * MobileNetV1: all convolutions after the first are depthwise separable. 3,217,226 parameters for three channels and ten classes;
 * 46.3 million multiplications for 32x32 and for 64x64 images (whose first stride is 2). For 224x224 and 1000 classes, the 4.2
 * million and 569 million of the paper.
 *
 * @param options `classes`; `width`, a factor on all numbers of channels, rounded to multiples of 8. Default: 1.
 * @see Howard et al. 2017, arXiv:1704.04861, table 1
 * @example
 * build(mobileNetV1({ classes: 10, width: 0.125 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [1, 1, 10]
 */
export const mobileNetV1 = ({ classes, width = 1 }: ModelOptions): Module =>
  sequential(
    firstStride((stride) =>
      convNorm("1", { outChannels: widened(32, width), kernel: 3, padding: 1, stride }),
    ),
    relu(),
    ...separable.map(([channels, stride], i) =>
      under(`block${i + 1}`, block(widened(channels, width), stride)),
    ),
    globalAveragePool(),
    quantized(dense)("dense", { units: classes, gain: 1 }),
  );
