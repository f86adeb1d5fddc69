/** @file Interpreter for the nodes of `graph.ts` that are computed in float64 and rounded once, and for matrix products. */
import { powersOfE } from "../../core/elementary/exp.ts";
import { geluInFloat64 } from "../../core/inFloat64/gelu.ts";
import { normalizeSets, type Sets, setLayout, setMoments } from "../../core/inFloat64/setNormalization.ts";
import { softmaxInFloat64 } from "../../core/inFloat64/softmax.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import type { GeluNode, MatmulNode, SetNormNode, SoftmaxNode } from "./graph.ts";

/** Each position is a set of its own, or each group of channels over all positions. */
const setsOf = ({ groups, shape }: SetNormNode): Sets => {
  const [height, width, channels] = shape as [number, number, number];
  return groups === undefined
    ? { count: height * width, run: channels, of: (position) => position }
    : { count: groups, run: channels / groups, of: (run) => run % groups };
};

export const setNorm = (node: SetNormNode, x: Float32Array): Float32Array => {
  const layout = setLayout(setsOf(node), node.shape);
  const y = new Float32Array(x.length);
  normalizeSets(layout, { x, ...setMoments(layout, x, node.epsilon) }, node.scale, node.shift, y);
  return y;
};

export const gelu = ({ approximate }: GeluNode, x: Float32Array): Float32Array => {
  const y = new Float32Array(x.length);
  geluInFloat64(approximate)(x, y, new Float32Array(0), powersOfE);
  return y;
};

export const softmax = ({ groups, causal, shape }: SoftmaxNode, x: Float32Array): Float32Array => {
  const [height, width, channels] = shape as [number, number, number];
  const y = new Float32Array(x.length);
  softmaxInFloat64({ groups, causal, channels, positions: height * width }).write(x, y, powersOfE);
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
