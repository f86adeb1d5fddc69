/**
 * @file Matrix products of two activations, by the kernels of convolutions: in each sample, one operand is the weights of a convolution of
 *   one position, whose groups are those of the product.
 *
 *     b transposed   x = a, w = b   -> y          forward
 *     none           dy = a, w = b  -> dx         backward into the input
 *     a transposed   dy = a, x = b  -> dw         gradient of the weights
 *
 * Weights are [group][row][channel], activations [row][group][channel]; with several groups they are rearranged.
 */
import { isInteger, type MatMul, matrixSides, type Operand, operandShape } from "../../product.ts";
import { elements, inMemory, sides4, sizeOf } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";
import { type Computation, type Placed, placed } from "./placed.ts";

type Numbers = Int8Array | Float32Array | Float64Array;

/** Sets the geometry of a product: `channels` of the activation, and `outputs` of the weights, in all groups. */
const setMatrices = (kernels: Kernels, product: MatMul): void => {
  const { transposed, groups, shape, a, b } = product;
  const [n, height, width, ofA] = operandShape(a);
  const [, , , ofB] = operandShape(b);
  const [channels, outputs] = transposed === "b" ? [ofA, sides4(shape)[3]] : [ofB, ofA];
  const isTurned = +(transposed === "none");
  kernels.convolution(isTurned, n, height, width, channels, height, width, outputs, 1, 1, 1, 0, groups);
};

/** Copies runs of `run` numbers, whose places are [outer][i][j], to places [outer][j][i]. */
const swap = (from: Numbers, to: Numbers, outer: number, i: number, j: number, run: number): void => {
  let source = 0;
  for (let n = 0; n < outer; n++)
    for (let row = 0; row < i; row++)
      for (let column = 0; column < j; column++) {
        let at = ((n * j + column) * i + row) * run;
        for (const end = source + run; source < end; ) to[at++] = from[source++] as number;
      }
};

const numbersOf = (operand: Operand): Int8Array | Float32Array =>
  operand._tag === "Dense" ? elements(inMemory(operand.x)) : elements(inMemory(operand.q.codes));

/** The operand that is the weights, with the rows of a group together. */
const weights = (memory: Memory, product: MatMul): Placed => {
  const { transposed, groups, b } = product;
  const inPlace = placed(memory, b);
  if (groups === 1) return inPlace;
  const { terms, outputs } = matrixSides(product);
  const [rows, channels] = transposed === "b" ? [outputs, terms] : [terms, outputs];
  const numbers = numbersOf(b);
  const grouped = numbers.slice();
  swap(numbers, grouped, operandShape(b)[0], rows, groups, channels);
  return { ...inPlace, at: memory.at(grouped) };
};

/** A product that is not over positions, whose operands are in memory. */
export const multipliedMatrices = (memory: Memory, product: MatMul): Computation => {
  const x = placed(memory, product.a);
  const w = weights(memory, product);
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
  const { groups, shape } = product;
  const [a, b] = [placed(memory, product.a), placed(memory, product.b)];
  const integers = isInteger(product);
  const sums = memory.float64(sizeOf(shape));
  const start = kernels.mark();
  crew.together(shares, (calls) => {
    setMatrices(calls, product);
    if (integers) calls.integerWeightGradientPerSample(a.at, a.zero, b.at, b.zero, sums.byteOffset);
    else calls.floatWeightGradientPerSample(a.at, b.at, sums.byteOffset);
  });
  kernels.release(start);
  if (groups > 1) {
    const { rows, outputs } = matrixSides(product);
    swap(sums.slice(), sums, shape[0] as number, groups, rows, outputs);
  }
  return sums;
};
