import { dense } from "../operators/dense.ts";
import { identity } from "../operators/identity.ts";
import { type Module, under } from "../operators/module.ts";
import { globalAveragePool } from "../operators/pool.ts";
import { quantized } from "../operators/quantized.ts";
import { relu6 } from "../operators/relu.ts";
import { residual } from "../operators/residual.ts";
import { sequential } from "../operators/sequential.ts";
import { convNorm } from "./convNorm.ts";

/** Expansion, output channels, number of blocks and stride of the first one, adapted to 32x32 images by smaller strides. */
const layers = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 1 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2 },
  { expansion: 6, channels: 64, blocks: 4, stride: 2 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1 },
  { expansion: 6, channels: 160, blocks: 3, stride: 2 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1 },
] as const;

/** The nearest multiple of 8 that is not more than a tenth below, and at least 8. */
const widened = (channels: number, width: number): number => {
  const wanted = channels * width;
  const rounded = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
};

/** 1x1 expansion, 3x3 depthwise convolution, 1x1 projection; a residual block where the shape stays. */
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
 * MobileNetV2 for 32x32 images: depthwise convolutions, the hard case for one range per tensor.
 *
 * @param width multiplies all numbers of channels (rounded to multiples of 8); 1 where missing
 * @see Sandler et al. 2018, arXiv:1801.04381; strides of the stem and the first layers are 1, as usual for CIFAR-10
 */
export const mobileNetV2 = ({
  classes,
  width = 1,
}: {
  readonly classes: number;
  readonly width?: number;
}): Module =>
  sequential(
    convNorm("1", { outChannels: widened(32, width), kernel: 3, padding: 1 }),
    relu6(),
    ...layers.map(({ expansion, channels, blocks, stride }, i) =>
      under(
        `layer${i + 1}`,
        sequential(
          ...Array.from({ length: blocks }, (_, b) =>
            under(
              `block${b + 1}`,
              invertedResidual(expansion, widened(channels, width), b === 0 ? stride : 1),
            ),
          ),
        ),
      ),
    ),
    convNorm("2", { outChannels: widened(1280, Math.max(width, 1)), kernel: 1 }),
    relu6(),
    globalAveragePool(),
    quantized(dense)("dense", { units: classes, gain: 1 }),
  );
