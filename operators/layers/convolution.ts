/** @file Parts of a convolution: its options, and its checked shape. */
import * as E from "fp-ts/lib/Either.js";
import { problem, type RangeflowError } from "../../core/errors.ts";
import type { OptionNames } from "../../core/knownOptions.ts";
import { mostTermsIn32Bits } from "../../core/product.ts";
import { type ConvShape, checkConv } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";

/** Options of `conv2d`. */
export interface Conv2dOptions {
  /** Number of output channels O. */
  readonly outChannels: number;
  /** Height and width of the kernel in pixels; one number for both. */
  readonly kernel: number | readonly [height: number, width: number];
  /** Step of the kernel in pixels, both ways. Default: 1. */
  readonly stride?: number;
  /** Rows and columns of zeros added on each side of the image; less than the kernel size. Default: 0. */
  readonly padding?: number;
  /**
   * Number of groups; it divides input and output channels. A depthwise convolution has as many groups as input
   * channels. Default: 1.
   */
  readonly groups?: number;
  /** Whether the layer has a bias. Default: false, unlike PyTorch. */
  readonly bias?: boolean;
  /** Initial value of all biases; needs `bias: true`. Default: 0. */
  readonly initialBias?: number;
  /**
   * Initial weights are normal with mean 0 and variance gain / fanIn, fanIn = KH * KW * I / groups. Default: 2 (He
   * initialization, for ReLU).
   */
  readonly gain?: number;
}

/** Names of the options of a convolution. */
export const conv2dNames: OptionNames<Conv2dOptions> = {
  outChannels: true,
  kernel: true,
  stride: true,
  padding: true,
  groups: true,
  bias: true,
  initialBias: true,
  gain: true,
};

const checkSums = (path: string, conv: ConvShape): E.Either<RangeflowError, ConvShape> => {
  const area = conv.kernelHeight * conv.kernelWidth;
  const taps = (area * Math.max(conv.inChannels, conv.outChannels)) / conv.groups;
  return taps <= mostTermsIn32Bits
    ? E.right(conv)
    : E.left(
        problem(
          path,
          `sums of ${taps} products of 8-bit integers`,
          `at most ${mostTermsIn32Bits}, so that 32-bit sums are exact`,
          `${Math.floor((mostTermsIn32Bits * conv.groups) / area)} channels would fit`,
        ),
      );
};

/**
 * The checked shape of a convolution over images [H, W, C].
 *
 * @param isInteger whether the weights are codes, so that sums must fit into 32 bits
 * @returns `Left` if the kernel does not fit, the groups do not divide the channels, or sums could exceed 32 bits
 */
export const convShape = (
  path: string,
  image: Shape,
  { kernel, outChannels, stride = 1, padding = 0, groups = 1 }: Conv2dOptions,
  isInteger: boolean,
): E.Either<RangeflowError, ConvShape> => {
  const [kernelHeight, kernelWidth] = typeof kernel === "number" ? [kernel, kernel] : kernel;
  const inChannels = image[2] as number;
  const wanted = { kernelHeight, kernelWidth, stride, padding, groups, inChannels, outChannels };
  const checked: E.Either<RangeflowError, ConvShape> = checkConv(path, image)(wanted);
  return isInteger ? E.chain((conv: ConvShape) => checkSums(path, conv))(checked) : checked;
};
