/**
 * @file Tensors: dense float32 and int8 `ndarray` views, row by row, activations as NHWC and weights as OHWI.
 *
 * A fully connected activation is [N, 1, 1, C], so every activation has rank 4 and channels are innermost.
 */
import ndarray, { type NdArray } from "ndarray";
import type { QParams } from "./qparams.ts";

export type Tensor = NdArray<Float32Array>;
export type Codes = NdArray<Int8Array>;
export type Shape = readonly number[];

/** Integers with what they stand for: real = scale * (code - zeroPoint). */
export interface QTensor {
  readonly codes: Codes;
  readonly params: QParams;
}

/** Number of elements of a shape; 1 for a scalar, 0 as soon as one side is 0. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, side) => product * side, 1);

/** `28x28x1`, as people write shapes. */
export const shapeText = (shape: Shape): string => shape.join("x");

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((side, i) => side === b[i]);

/**
 * A float32 tensor over `data`.
 *
 * @throws `RangeError` if `data` does not have as many elements as `shape` says
 */
export const tensor = (data: Float32Array, shape: Shape): Tensor => {
  if (data.length !== sizeOf(shape))
    throw new RangeError(
      `tensor: ${data.length} elements for shape ${shapeText(shape)}, expected ${sizeOf(shape)}; reshape or slice the data first.`,
    );
  return ndarray(data, [...shape]);
};

/** Int8 codes over `data`, which must have as many elements as `shape` says. */
export const codes = (data: Int8Array, shape: Shape): Codes => ndarray(data, [...shape]);

/** The elements of a dense tensor in row order, as a view without a copy. */
export const elements = <T extends Float32Array | Int8Array>(x: NdArray<T>): T =>
  x.data.subarray(x.offset, x.offset + x.size) as T;

/** The same elements under another shape, without a copy. */
export const reshaped = (x: Tensor, shape: Shape): Tensor => tensor(elements(x), shape);
