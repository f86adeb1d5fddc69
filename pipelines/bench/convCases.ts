/** @file The measured convolutions: every kind of layer of the package's networks, and of larger ones. */
import { type ConvShape, outputShape, weightShape } from "../../core/shape.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";

export interface ConvCase {
  readonly name: string;
  readonly conv: ConvShape;
  readonly input: Shape;
  readonly output: Shape;
  /** Billions of multiplications and additions of each of the three products. */
  readonly gop: number;
  /** Measured also in quick runs. */
  readonly isQuick: boolean;
}

interface Sizes {
  readonly kernel: number;
  readonly channels: readonly [number, number];
  readonly side: number;
  readonly batch: number;
  readonly stride?: number;
  readonly depthwise?: boolean;
  readonly quick?: boolean;
}

const convCase = (sizes: Sizes): ConvCase => {
  const { kernel, channels, side, batch, stride = 1, depthwise = false, quick = false } = sizes;
  const [inChannels, outChannels] = channels;
  const conv: ConvShape = {
    kernelHeight: kernel,
    kernelWidth: kernel,
    stride,
    padding: Math.floor(kernel / 2),
    inChannels,
    outChannels,
    groups: depthwise ? inChannels : 1,
  };
  const input = [batch, side, side, inChannels];
  const output = outputShape(input, conv, outChannels);
  const taps = sizeOf(weightShape(conv)) / outChannels;
  const window = `${kernel}x${kernel}${stride > 1 ? `/${stride}` : ""}`;
  const between = depthwise ? `depthwise ${inChannels}` : `${inChannels}-${outChannels}`;
  return {
    name: `${window} ${between} ${side}x${side} b${batch}`,
    conv,
    input,
    output,
    gop: (2 * sizeOf(output) * taps) / 1e9,
    isQuick: quick,
  };
};

export const convCases: readonly ConvCase[] = [
  convCase({ kernel: 3, channels: [64, 64], side: 28, batch: 8, quick: true }),
  convCase({ kernel: 3, channels: [3, 16], side: 32, batch: 32 }),
  convCase({ kernel: 3, channels: [16, 16], side: 32, batch: 32, quick: true }),
  convCase({ kernel: 3, channels: [16, 32], side: 32, batch: 32, stride: 2 }),
  convCase({ kernel: 3, channels: [32, 32], side: 16, batch: 128 }),
  convCase({ kernel: 3, channels: [64, 64], side: 8, batch: 128 }),
  convCase({ kernel: 3, channels: [128, 128], side: 14, batch: 8 }),
  convCase({ kernel: 3, channels: [512, 512], side: 7, batch: 1 }),
  convCase({ kernel: 1, channels: [64, 256], side: 28, batch: 4, quick: true }),
  convCase({ kernel: 1, channels: [256, 64], side: 28, batch: 4 }),
  convCase({ kernel: 1, channels: [128, 256], side: 14, batch: 8, stride: 2 }),
  convCase({ kernel: 5, channels: [6, 16], side: 14, batch: 64 }),
  convCase({ kernel: 5, channels: [32, 64], side: 14, batch: 8 }),
  convCase({ kernel: 3, channels: [96, 96], side: 28, batch: 16, depthwise: true, quick: true }),
  convCase({ kernel: 3, channels: [192, 192], side: 16, batch: 32, stride: 2, depthwise: true }),
];
