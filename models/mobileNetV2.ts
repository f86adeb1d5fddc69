import { dense } from "../operators/layers/dense.ts";
import { globalAveragePool } from "../operators/layers/pool.ts";
import { relu6 } from "../operators/layers/relu.ts";
import { residual } from "../operators/layers/residual.ts";
import { identity } from "../operators/module/identity.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { blocks } from "./blocks.ts";
import { convNorm } from "./convNorm.ts";
import { firstStride } from "./firstStride.ts";
import type { ModelOptions } from "./model.ts";
import { widened } from "./widened.ts";

/** A layer of blocks. */
interface Layer {
  readonly expansion: number;
  readonly channels: number;
  readonly blocks: number;
  /** Stride of its first block. */
  readonly stride: number;
  /** Stride in the paper, if it is another one. */
  readonly paperStride?: number;
}

const layers: readonly Layer[] = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 1, paperStride: 2 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2 },
  { expansion: 6, channels: 64, blocks: 4, stride: 2 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1 },
  { expansion: 6, channels: 160, blocks: 3, stride: 2 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1 },
];

/** Inverted residual: 1x1 expansion, 3x3 depthwise convolution, 1x1 projection; with a shortcut if the shape stays the same. */
const invertedResidual =
  (expansion: number, outChannels: number, stride: number): Module =>
  (scope) => {
    const inChannels = scope.shape[2] as number;
    const inner = inChannels * expansion;
    const expand = sequential(convNorm("1", { outChannels: inner, kernel: 1 }), relu6());
    const block = sequential(
      expansion === 1 ? identity() : expand,
      convNorm("2", { outChannels: inner, kernel: 3, padding: 1, stride, groups: inner }),
      relu6(),
      convNorm("3", { outChannels, kernel: 1 }),
    );
    return (stride === 1 && inChannels === outChannels ? residual(block) : block)(scope);
  };

/**
 * MobileNetV2 for 32x32 and 64x64 images. Its depthwise convolutions are the hard case for one range per tensor. 2,236,682
 * parameters for three channels and ten classes; 88 million multiplications for 32x32, and for 64x64, whose first convolution has
 * stride 2.
 *
 * @param options `classes`; `width`, a factor on all numbers of channels, rounded to multiples of 8 (default: 1); `variant`
 *   `torchvision` has stride 2 in the first convolution and in the second layer, as the paper, for images of any size (default:
 *   `rangeflow`)
 * @see Sandler et al. 2018, arXiv:1801.04381; the second layer has stride 1, as usual for CIFAR-10
 * @example
 * build(mobileNetV2({ classes: 10, width: 0.125 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [1, 1, 10]
 */
export const mobileNetV2 = ({ classes, width = 1, variant = "rangeflow" }: ModelOptions): Module => {
  const isTorchvision = variant === "torchvision";
  const first = (stride: number): Module =>
    convNorm("1", { outChannels: widened(32, width), kernel: 3, padding: 1, stride });
  return sequential(
    isTorchvision ? first(2) : firstStride(first),
    relu6(),
    ...layers.map(({ expansion, channels, blocks: count, stride, paperStride = stride }, i) =>
      blocks(`layer${i + 1}`, count, (b) =>
        invertedResidual(
          expansion,
          widened(channels, width),
          b > 0 ? 1 : isTorchvision ? paperStride : stride,
        ),
      ),
    ),
    convNorm("2", { outChannels: widened(1280, Math.max(width, 1)), kernel: 1 }),
    relu6(),
    globalAveragePool(),
    quantized(dense)("dense", { units: classes, gain: 1 }),
  );
};
