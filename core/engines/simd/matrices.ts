/**
 * @file Matrix products of two activations, by the kernels of convolutions: in each sample, one operand is the weights of a convolution of
 *   one position, whose groups are those of the product.
 *
 *     b transposed   x = a, w = b   -> y          forward
 *     none           dy = a, w = b  -> dx         backward into the input
 *     a transposed   dy = a, x = b  -> dw         gradient of the weights
 *
 * Groups are heads; `assembly/perSample.ts` arranges them as the kernels need them.
 */
import { isInteger, type MatMul, operandShape } from "../../product.ts";
import { sides4, sizeOf } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";
import { type Computation, placed } from "./placed.ts";

/** Sets the geometry of a product: `channels` of the activation, and `outputs` of the weights, in all groups. */
const setMatrices = (kernels: Kernels, product: MatMul): void => {
  const { transposed, groups, shape, a, b } = product;
  const [n, height, width, ofA] = operandShape(a);
  const [, , , ofB] = operandShape(b);
  const [channels, outputs] = transposed === "b" ? [ofA, sides4(shape)[3]] : [ofB, ofA];
  const isTurned = +(transposed === "none");
  kernels.convolution(isTurned, n, height, width, channels, height, width, outputs, 1, 1, 1, 0, groups);
};

/** A product that is not over positions, whose operands are in memory. */
export const multipliedMatrices = (memory: Memory, product: MatMul): Computation => {
  const x = placed(memory, product.a);
  const w = placed(memory, product.b);
  const zeros = memory.at(w.zeros);
  const integers = isInteger(product);
  return (kernels, raw) => {
    setMatrices(kernels, product);
    if (integers) kernels.integerProductPerSample(x.at, x.zero, w.at, zeros, raw);
    else kernels.floatProductPerSample(x.at, w.at);
  };
};

/** The sums of a product over positions, in float64, computed in `shares` shares of samples. */
export const matrixGradient = (memory: Memory, product: MatMul, shares: number): Float64Array => {
  const { kernels, crew } = memory;
  const [a, b] = [placed(memory, product.a), placed(memory, product.b)];
  const integers = isInteger(product);
  const sums = memory.float64(sizeOf(product.shape));
  const start = kernels.mark();
  crew.together(shares, (calls) => {
    setMatrices(calls, product);
    if (integers) calls.integerWeightGradientPerSample(a.at, a.zero, b.at, b.zero, sums.byteOffset);
    else calls.floatWeightGradientPerSample(a.at, b.at, sums.byteOffset);
  });
  kernels.release(start);
  return sums;
};
