/** @file Products of integers in blocks: operands in the memory of the engine, and kernel calls. */
import { blocksIn, type ConvProduct, type Factor, operandShape, type WeightGradient } from "../../product.ts";
import { sides4 } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";
import type { Computation } from "./placed.ts";

/** Addresses of codes and scales. */
const placed = (memory: Memory, factor: Factor): readonly [at: number, scales: number] => {
  const { codes, scales } = blocksIn(factor);
  return [memory.at(codes.data, codes.offset, codes.size), memory.at(scales)];
};

const setConvolution = (kernels: Kernels, product: ConvProduct): void => {
  const { conv, shape } = product;
  const isForward = product._tag === "Forward";
  const inputs = product._tag === "BackwardInput" ? sides4(shape) : operandShape(product.x);
  const outputs = isForward ? sides4(shape) : operandShape(product.dy);
  const [n, height, width, channels] = inputs;
  const [, toHeight, toWidth, toChannels] = outputs;
  const { kernelHeight, kernelWidth, stride, padding } = conv;
  kernels.convolution(
    +(product._tag === "BackwardInput"),
    ...([n, height, width, channels, toHeight, toWidth, toChannels] as const),
    ...([kernelHeight, kernelWidth, stride, padding, 1] as const),
  );
};

/** A forward or backward-input product of integers in blocks, whose sums go through the current pass. */
export const convolvedBlocks = (
  memory: Memory,
  product: Exclude<ConvProduct, WeightGradient>,
): Computation => {
  const from = product._tag === "Forward" ? product.x : product.dy;
  const [x, xScales] = placed(memory, from);
  const [w, wScales] = placed(memory, product.w);
  const { size } = blocksIn(product.w);
  return (kernels) => {
    setConvolution(kernels, product);
    kernels.blockProduct(x, xScales, w, wScales, size);
  };
};

/** A weight gradient of integers in blocks. Its sums are written, as float64, to the address given. */
export const weightedBlocks = (memory: Memory, product: WeightGradient): Computation => {
  const [dy, dyScales] = placed(memory, product.dy);
  const [x, xScales] = placed(memory, product.x);
  const { size } = blocksIn(product.dy);
  return (kernels, to) => {
    setConvolution(kernels, product);
    kernels.blockWeightGradient(dy, dyScales, x, xScales, size, to);
  };
};
