/** @file The three products of a convolution, which dense layers use as well, and matrix products: operands and results. */
import type { NdArray } from "ndarray";
import { type BlockCodes, type Blocks, beforeMove } from "./blocks.ts";
import { internal } from "./errors.ts";
import type { ConvShape } from "./shape.ts";
import { type QTensor, type Shape, type Shape4, sides4, type Tensor } from "./tensor.ts";

/** What a site makes of a tensor: float32, perhaps with the same numbers as integers in blocks, or integers with scale and zero point. */
export type Operand =
  | { readonly _tag: "Dense"; readonly x: Tensor; readonly blocks?: Blocks | undefined }
  | { readonly _tag: "Codes"; readonly q: QTensor };

/** Integers in blocks along the axis that a product adds along. */
export interface InBlocks {
  readonly _tag: "Blocks";
  readonly of: BlockCodes;
  /** Whether the axis of the blocks was the first of the tensor, and not the last. */
  readonly isMoved: boolean;
}

/** One operand of a product. */
export type Factor = Operand | InBlocks;

/**
 * The three products of a convolution. Two quantized operands give exact integer sums of (code - zeroPoint) products,
 * without the scales. Two dense operands give float32 sums: `Forward` and `BackwardInput` add tap after tap (kernel
 * row, kernel column, channel) starting from 0; `BackwardWeight` adds runs of positions of one sample (`runs.ts`), and
 * samples in order in float64. Mixed operands are refused; `operators/layers/multiply.ts` dequantizes them first.
 *
 * Two operands in blocks, in one group of channels, give float32 sums as well, of one term for each block where dense operands have one
 * for each element: the exact integer sum of the block, times the scale of its x or dy, times that of the other operand. Blocks are along
 * the channels that `Forward` and `BackwardInput` add, and along the samples of `BackwardWeight`, which adds positions of the first block
 * in runs, then those of the next.
 *
 *     Forward         x [N, H, W, I],    w [O, KH, KW, I / groups]   -> y  [N, H', W', O]
 *     BackwardInput   dy [N, H', W', O], w [O, KH, KW, I / groups]   -> dx [N, H, W, I]
 *     BackwardWeight  dy [N, H', W', O], x [N, H, W, I]              -> dw [O, KH, KW, I / groups]
 */
export type ConvProduct =
  | {
      readonly _tag: "Forward";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly x: Factor;
      readonly w: Factor;
    }
  | {
      readonly _tag: "BackwardInput";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly dy: Factor;
      readonly w: Factor;
    }
  | {
      readonly _tag: "BackwardWeight";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly dy: Factor;
      readonly x: Factor;
    };

/**
 * Matrix products of two activations, sample by sample: positions are rows, and each group of channels is a matrix of its own, such as
 * a head of attention. Float32 sums start from 0 and add term after term, except those over positions (`a` transposed), which are added
 * in runs (`runs.ts`), and runs in order in float64, as in `BackwardWeight`.
 *
 *     none   a [N, H, W, G S], b [N, H', W', G K], S = H' W'   -> y [N, H, W, G K]      y = a b
 *     b      a [N, H, W, G K], b [N, H', W', G K], S = H' W'   -> y [N, H, W, G S]      y = a transposed(b)
 *     a      a [N, H, W, G S], b [N, H, W, G K],   S = H' W'   -> y [N, H', W', G K]    y = transposed(a) b
 */
export interface MatMul {
  readonly _tag: "MatMul";
  /** The operand that is transposed. */
  readonly transposed: "none" | "a" | "b";
  /** Number G of groups, which divides the channels of both operands. */
  readonly groups: number;
  readonly shape: Shape;
  readonly a: Operand;
  readonly b: Operand;
  /** Whether it computes a gradient. */
  readonly isBackward: boolean;
}

/** A product of two operands. */
export type Product = ConvProduct | MatMul;

/** The product that computes the gradient of the weights. */
export type WeightGradient = Extract<Product, { _tag: "BackwardWeight" }>;

/** Sides of the matrices of a matrix product, per sample and group: `rows` positions and `outputs` channels of the result, `terms` of a sum. */
export const matrixSides = (product: MatMul): Readonly<Record<"rows" | "terms" | "outputs", number>> => {
  const { transposed, groups, shape, a } = product;
  const [, height, width, outputs] = sides4(shape);
  const [, fromHeight, fromWidth, channels] = operandShape(a);
  const terms = transposed === "a" ? fromHeight * fromWidth : channels / groups;
  return { rows: height * width, terms, outputs: outputs / groups };
};

/** Whether a product computes a gradient. */
export const isBackward = (product: Product): boolean =>
  product._tag === "MatMul" ? product.isBackward : product._tag !== "Forward";

/** A product whose sums are over the positions of its operands. */
export type OverPositions = WeightGradient | (MatMul & { readonly transposed: "a" });

/** Whether the sums of a product are over positions, and therefore float64: those of a batch can exceed 2^31. */
export const isOverPositions = (product: Product): product is OverPositions =>
  product._tag === "BackwardWeight" || (product._tag === "MatMul" && product.transposed === "a");

/** Both operands of a product, in the order of its fields. */
export const operandsOf = (product: Product): readonly [Factor, Factor] => {
  switch (product._tag) {
    case "Forward":
      return [product.x, product.w];
    case "BackwardInput":
      return [product.dy, product.w];
    case "BackwardWeight":
      return [product.dy, product.x];
    case "MatMul":
      return [product.a, product.b];
  }
};

/** Shape of an operand, whichever of its axes is innermost. */
export const operandShape = (operand: Factor): Shape4 => {
  switch (operand._tag) {
    case "Dense":
      return sides4(operand.x.shape);
    case "Codes":
      return sides4(operand.q.codes.shape);
    case "Blocks": {
      const sides = sides4(operand.of.codes.shape);
      return operand.isMoved ? beforeMove(sides) : sides;
    }
  }
};

/** Number of terms of one sum, padding included. */
export const termsOf = (product: Product): number => {
  if (product._tag === "MatMul") return matrixSides(product).terms;
  if (product._tag === "BackwardWeight") {
    const [n, h, w] = operandShape(product.dy);
    return n * h * w;
  }
  const { kernelHeight, kernelWidth, inChannels, outChannels, groups } = product.conv;
  return (kernelHeight * kernelWidth * (product._tag === "Forward" ? inChannels : outChannels)) / groups;
};

/** Number of products of codes, each at most 255 * 255, whose sum always fits into 32 bits. */
export const mostTermsIn32Bits = Math.floor((2 ** 31 - 1) / (255 * 255));

/** Whether the sums of a product are integers; throws if its operands are of different kinds. */
export const isInteger = (product: Product): boolean => {
  const [a, b] = operandsOf(product);
  if (a._tag !== b._tag)
    throw internal(`a ${product._tag} product of one ${a._tag} and one ${b._tag} operand`);
  return a._tag === "Codes";
};

/** The integers of an operand of a product of integers in blocks. */
export const blocksIn = (factor: Factor): BlockCodes => {
  if (factor._tag !== "Blocks") throw internal("a product of integers in blocks and something else");
  return factor.of;
};

/** Whether a product is one of integers in blocks. */
export const isInBlocks = (product: Product): boolean => operandsOf(product)[0]._tag === "Blocks";

/**
 * Exact integer sums of a product. Those over positions (`isOverPositions`) can exceed 2^31, so they are float64 (exact to
 * 2^53).
 */
export type Sums = NdArray<Int32Array> | NdArray<Float64Array>;
