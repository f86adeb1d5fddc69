import { dense } from "../operators/layers/dense.ts";
import { globalAveragePool } from "../operators/layers/pool.ts";
import { relu } from "../operators/layers/relu.ts";
import { subsample } from "../operators/layers/subsample.ts";
import { identity } from "../operators/module/identity.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { basicBlock } from "./basicBlock.ts";
import { blocks } from "./blocks.ts";
import { convNorm } from "./convNorm.ts";
import type { ModelOptions } from "./model.ts";

/** Three blocks of `channels` channels; the first has the stride. */
const layer = (name: string, channels: number, stride: number): Module =>
  blocks(name, 3, (i) =>
    i === 0 && stride > 1
      ? basicBlock(channels, stride, subsample({ stride, channels }))
      : basicBlock(channels, 1, identity()),
  );

/**
 * ResNet-20 for 32x32 images, with parameter-free shortcuts (option A). 269,722 parameters for three channels and ten classes; 40.6
 * million multiplications per image.
 *
 * @see He et al. 2016, arXiv:1512.03385, section 4.2
 * @example
 * build(resnet20({ classes: 10 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [1, 1, 10]
 */
export const resnet20 = ({ classes }: Pick<ModelOptions, "classes">): Module =>
  sequential(
    convNorm("1", { outChannels: 16, kernel: 3, padding: 1 }),
    relu(),
    layer("layer1", 16, 1),
    layer("layer2", 32, 2),
    layer("layer3", 64, 2),
    globalAveragePool(),
    quantized(dense)("dense", { units: classes, gain: 1 }),
  );
