/** @file Products of a convolution: checks, simplifications, and the calls that compute them. */
import { problem, RangeflowFailure } from "../../errors.ts";
import { isInteger, type Operand, type Product } from "../../pass.ts";
import type { ConvShape } from "../../shape.ts";
import type { Shape } from "../../tensor.ts";
import type { Memory } from "./memory.ts";

/** Longest sum of products of 255 * 255 that is sure to fit into an int32. */
const longestSum = Math.floor((2 ** 31 - 1) / (255 * 255));

type Sides = readonly [number, number, number, number];

const shapeOf = (operand: Operand): Sides =>
  (operand._tag === "Dense" ? operand.x.shape : operand.q.codes.shape) as unknown as Sides;

const checkLength = (product: Product): void => {
  const { kernelHeight, kernelWidth, inChannels, outChannels, groups } = product.conv;
  const channels = product._tag === "Forward" ? inChannels : outChannels;
  const length = (kernelHeight * kernelWidth * channels) / groups;
  if (length > longestSum)
    throw new RangeflowFailure(
      problem(
        `simd engine, ${product._tag} product`,
        `${length} products in one sum`,
        `at most ${longestSum}, which are sure to fit into 32 bits`,
        "use more groups, fewer channels or a smaller kernel",
      ),
    );
};

const isDepthwise = ({ inChannels, outChannels, groups }: ConvShape): boolean =>
  groups > 1 && inChannels === groups && outChannels === groups;

/** Tells the kernels the sizes of the convolution; a kernel that covers its whole image becomes one of 1x1. */
const describe = ({ kernels }: Memory, conv: ConvShape, backward: boolean, x: Shape, y: Shape): void => {
  const [n, h, w, i] = x as Sides;
  const [, toH, toW, o] = y as Sides;
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

interface Placed {
  readonly at: number;
  readonly zero: number;
  readonly zeros: Int32Array;
}

const noZeros = new Int32Array(1);

const placed = (memory: Memory, operand: Operand): Placed => {
  if (operand._tag === "Dense") {
    const { data, offset, size } = operand.x;
    return { at: memory.at(data, offset, size), zero: 0, zeros: noZeros };
  }
  const { codes, params } = operand.q;
  return {
    at: memory.at(codes.data, codes.offset, codes.size),
    zero: params.zeroPoint[0] as number,
    zeros: params.zeroPoint,
  };
};

/** Something to be computed once results have their place. */
export type Computation = (raw: number) => void;

/**
 * Forward or backward-input, ready to run: its operands are in memory. Called with 0 its sums go through the pass that has
 * begun; integer sums can also go, as int32, to where the argument points to.
 */
export const convolved = (
  memory: Memory,
  product: Exclude<Product, { _tag: "BackwardWeight" }>,
): Computation => {
  const { conv, shape } = product;
  const { kernels } = memory;
  const forward = product._tag === "Forward";
  const from = forward ? product.x : product.dy;
  const integers = isInteger(product);
  if (integers) checkLength(product);
  const x = placed(memory, from);
  const w = placed(memory, product.w);
  const zeros = memory.at(w.zeros);
  const depthwise = +isDepthwise(conv);
  return (raw) => {
    describe(memory, conv, !forward, forward ? shapeOf(from) : shape, forward ? shape : shapeOf(from));
    if (integers) kernels.integerProduct(depthwise, x.at, x.zero, w.at, zeros, +(w.zeros.length > 1), raw);
    else kernels.floatProduct(depthwise, x.at, w.at);
  };
};

/** The sums of a weight gradient, float64. */
export const weightGradient = (
  memory: Memory,
  product: Extract<Product, { _tag: "BackwardWeight" }>,
): Float64Array => {
  const { kernels } = memory;
  const sums = memory.float64(product.shape.reduce((count, side) => count * side, 1));
  const integers = isInteger(product);
  const dy = placed(memory, product.dy);
  const x = placed(memory, product.x);
  describe(memory, product.conv, false, shapeOf(product.x), shapeOf(product.dy));
  const depthwise = isDepthwise(product.conv);
  if (integers) {
    const gradient = depthwise ? kernels.depthwiseIntegerWeightGradient : kernels.integerWeightGradient;
    gradient(dy.at, dy.zero, x.at, x.zero, sums.byteOffset);
  } else {
    const gradient = depthwise ? kernels.depthwiseFloatWeightGradient : kernels.floatWeightGradient;
    gradient(dy.at, x.at, sums.byteOffset);
  }
  return sums;
};
