/** @file Products: checks, simplifications, and kernel calls. */
import { problem, RangeflowFailure } from "../../errors.ts";
import {
  type ConvProduct,
  isInBlocks,
  isInteger,
  mostTermsIn32Bits,
  type OverPositions,
  operandShape,
  type Product,
  termsOf,
  type WeightGradient,
} from "../../product.ts";
import type { ConvShape } from "../../shape.ts";
import { type Shape, sides4, sizeOf } from "../../tensor.ts";
import { convolvedBlocks, weightedBlocks } from "./blockProducts.ts";
import type { Kernels } from "./kernels.ts";
import { matrixGradient, multipliedMatrices } from "./matrices.ts";
import type { Memory } from "./memory.ts";
import { type Computation, placed } from "./placed.ts";

const checkTerms = (product: Product): void => {
  const terms = termsOf(product);
  if (terms > mostTermsIn32Bits)
    throw new RangeflowFailure(
      problem(
        `simd engine, ${product._tag} product`,
        `${terms} products in one sum`,
        `at most ${mostTermsIn32Bits}, whose sum always fits into 32 bits`,
        "use more groups, fewer channels or a smaller kernel",
      ),
    );
};

const isDepthwise = ({ inChannels, outChannels, groups }: ConvShape): boolean =>
  groups > 1 && inChannels === groups && outChannels === groups;

/** Sets the geometry of the convolution. A kernel that covers its whole image becomes a 1x1 kernel. */
const setConvolution = (kernels: Kernels, conv: ConvShape, backward: boolean, x: Shape, y: Shape): void => {
  const [n, h, w, i] = sides4(x);
  const [, toH, toW, o] = sides4(y);
  const { kernelHeight, kernelWidth, stride, padding, groups } = conv;
  const separate = isDepthwise(conv) ? 1 : groups;
  if (groups === 1 && padding === 0 && kernelHeight === h && kernelWidth === w)
    kernels.convolution(+backward, n, 1, 1, h * w * i, 1, 1, o, 1, 1, 1, 0, 1);
  else
    kernels.convolution(
      +backward,
      n,
      h,
      w,
      i,
      toH,
      toW,
      o,
      kernelHeight,
      kernelWidth,
      stride,
      padding,
      separate,
    );
};

/** Estimated time of a product on one thread in nanoseconds, at 32 multiplications per nanosecond. */
export const workOf = (product: Product): number => (sizeOf(product.shape) * termsOf(product)) / 32;

/** A forward or backward-input product whose operands are in memory. */
const convolved = (memory: Memory, product: Exclude<ConvProduct, WeightGradient>): Computation => {
  if (isInBlocks(product)) return convolvedBlocks(memory, product);
  const { conv, shape } = product;
  const forward = product._tag === "Forward";
  const from = forward ? product.x : product.dy;
  const integers = isInteger(product);
  const x = placed(memory, from);
  const w = placed(memory, product.w);
  const zeros = memory.at(w.zeros);
  const depthwise = +isDepthwise(conv);
  return (kernels, raw) => {
    setConvolution(
      kernels,
      conv,
      !forward,
      forward ? operandShape(from) : shape,
      forward ? shape : operandShape(from),
    );
    if (integers) kernels.integerProduct(depthwise, x.at, x.zero, w.at, zeros, +(w.zeros.length > 1), raw);
    else kernels.floatProduct(depthwise, x.at, w.at);
  };
};

/**
 * A weight gradient whose operands are in memory. Its sums are written, as float64, to the address given, or, if possible, go
 * through the current pass.
 */
const weighted = (memory: Memory, product: WeightGradient): Computation => {
  if (isInBlocks(product)) return weightedBlocks(memory, product);
  const { conv } = product;
  const integers = isInteger(product);
  const depthwise = isDepthwise(conv);
  const dy = placed(memory, product.dy);
  const x = placed(memory, product.x);
  return (kernels, to) => {
    setConvolution(kernels, conv, false, operandShape(product.x), operandShape(product.dy));
    if (integers) {
      const gradient = depthwise ? kernels.depthwiseIntegerWeightGradient : kernels.integerWeightGradient;
      gradient(dy.at, dy.zero, x.at, x.zero, to);
    } else {
      const gradient = depthwise ? kernels.depthwiseFloatWeightGradient : kernels.floatWeightGradient;
      gradient(dy.at, x.at, to);
    }
  };
};

/**
 * Whether a product over positions passes its sums to the pass in small pieces. Weight gradients do if they are integers that fit into
 * int32, unless they are depthwise, which are small, or large enough for several threads, whose shares must be added first.
 */
export const handsOver = ({ crew }: Memory, product: OverPositions): boolean => {
  if (product._tag === "MatMul") return false;
  const positions = termsOf(product);
  return (
    isInteger(product) &&
    !isDepthwise(product.conv) &&
    positions > 0 &&
    positions <= mostTermsIn32Bits &&
    crew.sharesOf(workOf(product)) === 1
  );
};

/**
 * A product that is not over positions. Called with 0, its sums go through the current pass; integer sums can also be written, as int32, to
 * the address given.
 */
export const multiplied = (memory: Memory, product: Exclude<Product, WeightGradient>): Computation => {
  if (isInteger(product)) checkTerms(product);
  return product._tag === "MatMul" ? multipliedMatrices(memory, product) : convolved(memory, product);
};

/** A product whose sums go through the current pass when it is called with 0. */
export const handingOver = (memory: Memory, product: Product): Computation =>
  product._tag === "BackwardWeight" ? weighted(memory, product) : multiplied(memory, product);

const weightGradient = (memory: Memory, product: WeightGradient): Float64Array => {
  const { kernels, crew } = memory;
  const count = sizeOf(product.shape);
  const shares = crew.sharesOf(workOf(product));
  const sums = memory.float64(count);
  const computation = weighted(memory, product);
  const start = kernels.mark();
  const to = shares > 1 ? memory.scratch(8 * shares * count) : sums.byteOffset;
  crew.together(shares, (calls) => computation(calls, to));
  if (shares > 1) kernels.addShares(to, count, shares, sums.byteOffset);
  kernels.release(start);
  return sums;
};

/** The sums of a product over positions, in float64. */
export const positionSums = (memory: Memory, product: OverPositions): Float64Array =>
  product._tag === "BackwardWeight"
    ? weightGradient(memory, product)
    : matrixGradient(memory, product, memory.crew.sharesOf(workOf(product)));
