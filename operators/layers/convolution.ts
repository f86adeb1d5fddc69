/**
 * @file Parts of a convolution: its options, its checked shape, and its products, which are computed in integers if
 *   both operands are codes.
 */
import * as E from "fp-ts/lib/Either.js";
import { problem, type RangeflowError } from "../../core/errors.ts";
import { type Expr, ofCodes, ofProduct, staged } from "../../core/expr.ts";
import type { OptionNames } from "../../core/knownOptions.ts";
import type { Operand, Product } from "../../core/product.ts";
import { type ConvShape, checkConv } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Context } from "../step/context.ts";
import type { Task } from "../step/task.ts";

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

/** The largest number of terms of an exact 32-bit sum: a product of two codes is at most 255 * 255. */
const mostTaps = Math.floor((2 ** 31 - 1) / (255 * 255));

const checkSums = (path: string, conv: ConvShape): E.Either<RangeflowError, ConvShape> => {
  const area = conv.kernelHeight * conv.kernelWidth;
  const taps = (area * Math.max(conv.inChannels, conv.outChannels)) / conv.groups;
  return taps <= mostTaps
    ? E.right(conv)
    : E.left(
        problem(
          path,
          `sums of ${taps} products of 8-bit integers`,
          `at most ${mostTaps}, so that 32-bit sums are exact`,
          `${Math.floor((mostTaps * conv.groups) / area)} channels would fit`,
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

/** The operand as a float32 tensor in memory. */
function* dequantized(ctx: Context, x: Operand): Task<Operand> {
  return x._tag === "Dense" ? x : { _tag: "Dense", x: yield* ctx.store(ofCodes(x.q)) };
}

function* multiplyFloat32(
  ctx: Context,
  a: Operand,
  b: Operand,
  product: (a: Operand, b: Operand) => Product,
): Task<Expr> {
  return ofProduct(product(yield* dequantized(ctx, a), yield* dequantized(ctx, b)));
}

/**
 * The product of two operands in real units: exact integer sums times both scales if both are codes, otherwise float32
 * sums of the dequantized operands.
 *
 * @param a has one scale for the whole tensor, if it is quantized
 * @param product makes the product of two operands, in the order of the fields of `Product`
 */
export const multiply = (
  ctx: Context,
  a: Operand,
  b: Operand,
  product: (a: Operand, b: Operand) => Product,
): Task<Expr> | Expr => {
  if (a._tag !== "Codes" || b._tag !== "Codes") return multiplyFloat32(ctx, a, b, product);
  const one = a.q.params.scale[0] as number;
  const scale = b.q.params.scale.map((other) => one * other);
  return staged({ _tag: "Affine", scale })(ofProduct(product(a, b)));
};
