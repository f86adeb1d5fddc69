import { dense } from "../operators/layers/dense.ts";
import { globalAveragePool, maxPool } from "../operators/layers/pool.ts";
import { relu } from "../operators/layers/relu.ts";
import { identity } from "../operators/module/identity.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { basicBlock } from "./basicBlock.ts";
import { blocks } from "./blocks.ts";
import { convNorm } from "./convNorm.ts";
import { firstStride } from "./firstStride.ts";
import type { ModelOptions, Variant } from "./model.ts";
import { widened } from "./widened.ts";

/** Stem: images up to 32x32 keep their size, those up to 64x64 are halved, and larger ones are quartered as in the paper. */
const stem =
  (outChannels: number, variant: Variant): Module =>
  (scope) => {
    const side = Math.max(...scope.shape.slice(0, 2));
    const small = firstStride((stride) => convNorm("1", { outChannels, kernel: 3, padding: 1, stride }));
    const large = sequential(
      convNorm("1", { outChannels, kernel: 7, padding: 3, stride: 2 }),
      relu(),
      maxPool({ size: 3, stride: 2, padding: 1 }),
    );
    return (variant === "torchvision" || side > 64 ? large : sequential(small, relu()))(scope);
  };

/** Two blocks. The first has the stride, with a 1x1 convolution as its shortcut if the shape changes. */
const layer = (name: string, channels: number, stride: number): Module =>
  blocks(name, 2, (i) =>
    i === 0 && stride > 1
      ? basicBlock(channels, stride, convNorm("Shortcut", { outChannels: channels, kernel: 1, stride }))
      : basicBlock(channels, 1, identity()),
  );

/**
 * ResNet-18 with projection shortcuts. 11,173,962 parameters for three channels and ten classes; 555 million multiplications for a
 * 32x32 image, and as many for 64x64, where the first convolution has stride 2. Images larger than 64x64 use the paper's stem, a
 * 7x7 convolution and max pooling: 11,689,512 parameters for 1000 classes.
 *
 * @param options `classes`; `width`, a factor on all numbers of channels, rounded to multiples of 8 (default: 1); `variant`
 *   `torchvision` uses the paper's stem for images of any size (default: `rangeflow`)
 * @see He et al. 2016, arXiv:1512.03385, table 1
 * @example
 * build(resnet18({ classes: 10, width: 0.125 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [1, 1, 10]
 */
export const resnet18 = ({ classes, width = 1, variant = "rangeflow" }: ModelOptions): Module =>
  sequential(
    stem(widened(64, width), variant),
    layer("layer1", widened(64, width), 1),
    layer("layer2", widened(128, width), 2),
    layer("layer3", widened(256, width), 2),
    layer("layer4", widened(512, width), 2),
    globalAveragePool(),
    quantized(dense)("dense", { units: classes, gain: 1 }),
  );
