/** @file What a convolution is made of: its shape, checked, and its products, in integers where both sides are codes. */
import * as E from "fp-ts/lib/Either.js";
import { problem, type RangeflowError } from "../../core/errors.ts";
import { type Expr, ofCodes, ofProduct, staged } from "../../core/expr.ts";
import type { OptionNames } from "../../core/knownOptions.ts";
import type { Operand, Product } from "../../core/product.ts";
import { type ConvShape, checkConv } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Context } from "../step/context.ts";
import type { Task } from "../step/task.ts";

export interface Conv2dOptions {
  readonly outChannels: number;
  /** Height and width of the kernel, or both as one number. */
  readonly kernel: number | readonly [height: number, width: number];
  readonly stride?: number;
  /** Zeros around the image; 0 where missing. */
  readonly padding?: number;
  /** Into how many groups the channels are divided; as many as input channels is a depthwise convolution. */
  readonly groups?: number;
  readonly bias?: boolean;
  /** First value of all biases; 0 where missing. */
  readonly initialBias?: number;
  /** Weights start normal with variance gain / fan-in; 2, for what goes through a rectifier, where missing. */
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

/** Products of codes lie within 255 * 255, so a sum of so many is exact in 32 bits whatever the codes are. */
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
 * The shape of a convolution over images [H, W, C].
 *
 * @param isInteger whether its weights are codes, so that sums have to fit into 32 bits
 * @returns a refusal if the kernel does not fit, the groups do not divide the channels, or sums could pass 32 bits
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

/** The operand in float32, in memory. */
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
 * The product of two operands in real units: exact integer sums times both scales, or float32 sums. Operands of two kinds
 * are both multiplied as float32.
 *
 * @param a has one scale for the whole tensor, if it is quantized
 * @param product makes the product of its two sides, in the order of `Product`'s fields
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
