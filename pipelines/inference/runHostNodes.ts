/** @file Interpreter for the nodes of `graph.ts` that are computed in float64 and rounded once, and for matrix products. */
import { exp } from "../../core/elementary/exp.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import { gaussianGates } from "../../operators/layers/gaussianGates.ts";
import type { GeluNode, MatmulNode, SetNormNode, SoftmaxNode } from "./graph.ts";

export const setNorm = (
  { groups, epsilon, scale, shift, shape }: SetNormNode,
  x: Float32Array,
): Float32Array => {
  const [height, width, channels] = shape as [number, number, number];
  const positions = height * width;
  /** Sets of runs of channels: each position, or each group over all positions. */
  const [sets, run] = groups === undefined ? [positions, channels] : [groups, channels / groups];
  const setOf = (i: number): number => Math.floor(i / run) % sets;
  /** Sums over each set, run by run, of a function of element and set. */
  const sums = (f: (value: number, set: number) => number): Float64Array => {
    const found = new Float64Array(sets);
    for (let from = 0; from < x.length; from += run) {
      let sum = 0;
      for (let i = from; i < from + run; i++) sum += f(x[i] as number, setOf(i));
      found[setOf(from)] = (found[setOf(from)] as number) + sum;
    }
    return found;
  };
  const members = x.length / sets;
  const mean = sums((value) => value).map((sum) => sum / members);
  const inverse = sums((value, set) => (value - (mean[set] as number)) * (value - (mean[set] as number))).map(
    (sum) => 1 / Math.sqrt(sum / members + epsilon),
  );
  return x.map((value, i) => {
    const [set, c] = [setOf(i), i % channels];
    return (
      (value - (mean[set] as number)) * (inverse[set] as number) * (scale[c] as number) + (shift[c] as number)
    );
  });
};

export const gelu = ({ approximate }: GeluNode, x: Float32Array): Float32Array =>
  x.map((value) => {
    const { exponent, at } = gaussianGates[approximate];
    return value * at(value, exp(exponent(value)));
  });

export const softmax = ({ groups, causal, shape }: SoftmaxNode, x: Float32Array): Float32Array => {
  const [height, width, channels] = shape as [number, number, number];
  const each = channels / groups;
  const y = new Float32Array(x.length);
  for (let from = 0, group = 0; from < x.length; from += each, group++) {
    const count = causal ? (Math.floor(group / groups) % (height * width)) + 1 : each;
    const given = x.subarray(from, from + count);
    const largest = given.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const powers = Array.from(given, (value) => exp(value - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const [i, power] of powers.entries()) y[from + i] = power / sum;
  }
  return y;
};

/** Factors of a matrix product, floats or code - zeroPoint, with the shape [H, W, C] of their value. */
export interface Factors {
  readonly values: ArrayLike<number>;
  readonly shape: Shape;
}

/** The sums of a matrix product. `add` adds a product of two factors to a sum. */
export const matrixSums = (
  { groups, transposeOther, shape }: MatmulNode,
  x: Factors,
  other: Factors,
  add: (sum: number, a: number, b: number) => number,
): Float64Array => {
  const [height, width, channels] = shape as [number, number, number];
  const terms = (x.shape[2] as number) / groups;
  const outputs = channels / groups;
  const y = new Float64Array(sizeOf(shape));
  for (let p = 0; p < height * width; p++)
    for (let g = 0; g < groups; g++)
      for (let c = 0; c < outputs; c++) {
        let sum = 0;
        for (let k = 0; k < terms; k++) {
          const b = transposeOther ? (c * groups + g) * terms + k : (k * groups + g) * outputs + c;
          sum = add(sum, x.values[(p * groups + g) * terms + k] as number, other.values[b] as number);
        }
        y[(p * groups + g) * outputs + c] = sum;
      }
  return y;
};
