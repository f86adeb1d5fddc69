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
import { isInteger, type MatMul, matrixSides, type Operand } from "../../product.ts";
import { elements, type HostCodes, type HostTensor, inMemory, sides4, sizeOf } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";
import { type Computation, type Placed, placed } from "./placed.ts";

type Numbers = Int8Array | Float32Array | Float64Array;

/** Sets the geometry of a product: `channels` of the activation, and `outputs` of the weights, in all groups. */
const setMatrices = (kernels: Kernels, product: MatMul): void => {
  const { transposed, groups, shape, a, b } = product;
  const [n, height, width] = sides4((a._tag === "Dense" ? a.x : a.q.codes).shape);
  const last = (operand: Operand): number =>
    sides4((operand._tag === "Dense" ? operand.x : operand.q.codes).shape)[3];
  const [channels, outputs] = transposed === "b" ? [last(a), sides4(shape)[3]] : [last(b), last(a)];
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

/** The operand that is the weights, with the rows of a group together. */
const weights = (memory: Memory, product: MatMul): Placed => {
  const { b, groups } = product;
  if (groups === 1) return placed(memory, b);
  const { transposed } = product;
  const { terms, outputs } = matrixSides(product);
  const [rows, channels] = transposed === "b" ? [outputs, terms] : [terms, outputs];
  const x = inMemory(b._tag === "Dense" ? b.x : b.q.codes) as HostTensor | HostCodes;
  const numbers = x.dtype === "int8" ? elements(x as HostCodes) : elements(x as HostTensor);
  const to = numbers.slice();
  swap(numbers, to, x.shape[0] as number, rows, groups, channels);
  const { zero, zeros } =
    b._tag === "Dense"
      ? { zero: 0, zeros: Int32Array.of(0) }
      : { zero: b.q.params.zeroPoint[0] as number, zeros: b.q.params.zeroPoint };
  return { at: memory.at(to), zero, zeros };
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
