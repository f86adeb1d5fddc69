/** @file Pooling, subsampling and their pullbacks as plain loops over NHWC. */
import type { PoolKind } from "../../expr.ts";
import { longestRun } from "../../runs.ts";
import { inverseArea, outputShape, type Window } from "../../shape.ts";
import { elements, inMemory, type Shape, sizeOf, type Tensor } from "../../tensor.ts";

const { fround } = Math;

/** Calls `visit` for every output element and each input element under its window, in order; padding is skipped. */
const eachWindow = (
  [n, height, width, channels]: Shape,
  window: Window,
  visit: (output: number, inputs: readonly number[]) => void,
): void => {
  const [, outHeight, outWidth] = outputShape([n, height, width, channels] as Shape, window, 1) as [
    number,
    number,
    number,
  ];
  const [h, w, c] = [height as number, width as number, channels as number];
  let output = 0;
  for (let ni = 0; ni < (n as number); ni++)
    for (let p = 0; p < outHeight; p++)
      for (let q = 0; q < outWidth; q++)
        for (let k = 0; k < c; k++) {
          const inputs: number[] = [];
          for (let kh = 0; kh < window.kernelHeight; kh++)
            for (let kw = 0; kw < window.kernelWidth; kw++) {
              const row = p * window.stride + kh - window.padding;
              const column = q * window.stride + kw - window.padding;
              if (row >= 0 && row < h && column >= 0 && column < w)
                inputs.push(((ni * h + row) * w + column) * c + k);
            }
          visit(output++, inputs);
        }
};

/** The first of the largest elements; NaN is larger than every number, as in PyTorch. */
const largest = (x: Float32Array, inputs: readonly number[]): number =>
  inputs.reduce((best, i) =>
    (x[i] as number) > (x[best] as number) || (Number.isNaN(x[i]) && !Number.isNaN(x[best])) ? i : best,
  );

/** The sum of some elements, in runs. */
const sumInRuns = (x: Float32Array, inputs: readonly number[]): number => {
  let total = 0;
  for (let from = 0; from < inputs.length; from += longestRun) {
    let sum = 0;
    for (const i of inputs.slice(from, from + longestRun)) sum = fround(sum + (x[i] as number));
    total += sum;
  }
  return total;
};

/** Maximum or mean of each window: [N, H, W, C] to [N, H', W', C]. */
export const pool = (kind: PoolKind, window: Window, x: Tensor): Float32Array => {
  const input = elements(inMemory(x));
  const y = new Float32Array(sizeOf(outputShape(x.shape, window, x.shape[3] as number)));
  eachWindow(x.shape, window, (output, inputs) => {
    if (kind === "max") y[output] = input[largest(input, inputs)] as number;
    else {
      y[output] = fround(fround(sumInRuns(input, inputs)) * inverseArea(window));
    }
  });
  return y;
};

/** Gradient of a pool's input: to the largest element, or equally to all elements of a window. */
export const unpool = (kind: PoolKind, window: Window, x: Tensor, dy: Tensor): Float32Array => {
  const input = elements(inMemory(x));
  const gradient = elements(inMemory(dy));
  const dx = new Float32Array(x.size);
  eachWindow(x.shape, window, (output, inputs) => {
    const g = gradient[output] as number;
    if (kind === "max") dx[largest(input, inputs)] = fround((dx[largest(input, inputs)] as number) + g);
    else for (const i of inputs) dx[i] = fround((dx[i] as number) + fround(g * inverseArea(window)));
  });
  return dx;
};

/** Calls `visit` with the indices of each element that subsampling keeps, in the large and in the small tensor. */
const eachSubsampled = (
  large: Shape,
  small: Shape,
  stride: number,
  before: number,
  visit: (large: number, small: number) => void,
): void => {
  const [n, h, w, c] = large as [number, number, number, number];
  const [, smallHeight, smallWidth, smallChannels] = small as [number, number, number, number];
  for (let ni = 0; ni < n; ni++)
    for (let p = 0; p < smallHeight; p++)
      for (let q = 0; q < smallWidth; q++)
        for (let k = 0; k < c; k++)
          visit(
            ((ni * h + p * stride) * w + q * stride) * c + k,
            ((ni * smallHeight + p) * smallWidth + q) * smallChannels + before + k,
          );
};

/** Every `stride`-th row and column, with channels of zeros around the existing ones: [N, H, W, C] to `shape`. */
export const subsample = (x: Tensor, shape: Shape, stride: number, before: number): Float32Array => {
  const input = elements(inMemory(x));
  const y = new Float32Array(sizeOf(shape));
  eachSubsampled(x.shape, shape, stride, before, (large, small) => {
    y[small] = input[large] as number;
  });
  return y;
};

/** The pullback of `subsample`: zeros where nothing was taken. */
export const supersample = (dy: Tensor, shape: Shape, stride: number, before: number): Float32Array => {
  const gradient = elements(inMemory(dy));
  const dx = new Float32Array(sizeOf(shape));
  eachSubsampled(shape, dy.shape, stride, before, (large, small) => {
    dx[large] = gradient[small] as number;
  });
  return dx;
};
