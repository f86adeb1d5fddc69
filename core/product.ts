/** @file The three products of a convolution, which dense layers use as well: what they multiply, and what comes out. */
import type { NdArray } from "ndarray";
import { internal } from "./errors.ts";
import type { ConvShape } from "./shape.ts";
import { type QTensor, type Shape, type Shape4, sides4, type Tensor } from "./tensor.ts";

/** One side of a product: float32, or integers with their scale and zero point. */
export type Operand =
  | { readonly _tag: "Dense"; readonly x: Tensor }
  | { readonly _tag: "Codes"; readonly q: QTensor };

/**
 * The three products of a convolution. With two quantized operands the sums are exact integers of (code - zeroPoint)
 * products, without the scales. With two dense operands they are float32 sums: forward and backward-input add tap after tap
 * (kernel row, kernel column, channel) starting from 0; backward-weight adds runs of positions of one sample (`runs.ts`), and the
 * samples in order in float64. Operands of two kinds are refused; `operators/layers/convolve.ts` makes them one.
 *
 *     Forward         x [N, H, W, I],    w [O, KH, KW, I / groups]   -> y  [N, H', W', O]
 *     BackwardInput   dy [N, H', W', O], w [O, KH, KW, I / groups]   -> dx [N, H, W, I]
 *     BackwardWeight  dy [N, H', W', O], x [N, H, W, I]              -> dw [O, KH, KW, I / groups]
 */
export type Product =
  | {
      readonly _tag: "Forward";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly x: Operand;
      readonly w: Operand;
    }
  | {
      readonly _tag: "BackwardInput";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly dy: Operand;
      readonly w: Operand;
    }
  | {
      readonly _tag: "BackwardWeight";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly dy: Operand;
      readonly x: Operand;
    };

/** The product that gives the gradient of weights. */
export type WeightGradient = Extract<Product, { _tag: "BackwardWeight" }>;

/** Both sides of a product, in the order in which it names them. */
export const operandsOf = (product: Product): readonly [Operand, Operand] => {
  switch (product._tag) {
    case "Forward":
      return [product.x, product.w];
    case "BackwardInput":
      return [product.dy, product.w];
    case "BackwardWeight":
      return [product.dy, product.x];
  }
};

/** Sides of one side of a product. */
export const operandShape = (operand: Operand): Shape4 =>
  sides4(operand._tag === "Dense" ? operand.x.shape : operand.q.codes.shape);

/** Number of products that one sum adds up, those with padding counted. */
export const termsOf = (product: Product): number => {
  if (product._tag === "BackwardWeight") {
    const [n, h, w] = operandShape(product.dy);
    return n * h * w;
  }
  const { kernelHeight, kernelWidth, inChannels, outChannels, groups } = product.conv;
  return (kernelHeight * kernelWidth * (product._tag === "Forward" ? inChannels : outChannels)) / groups;
};

/** Number of products of codes, each at most 255 * 255, whose sum is sure to fit into 32 bits. */
export const mostTermsIn32Bits = Math.floor((2 ** 31 - 1) / (255 * 255));

/** Whether the sums of a product are integers; throws if its operands are not of one kind. */
export const isInteger = (product: Product): boolean => {
  const [a, b] = operandsOf(product);
  if (a._tag !== b._tag)
    throw internal(`a ${product._tag} product of one ${a._tag} and one ${b._tag} operand`);
  return a._tag === "Codes";
};

/** Exact integer sums of a product. Weight gradients over big batches pass 2^31, so they are float64 (exact to 2^53). */
export type Sums = NdArray<Int32Array> | NdArray<Float64Array>;
