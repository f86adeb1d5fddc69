/** @file Interpreter for the nodes of `graph.ts` that move elements. */
import { type Shape, sizeOf } from "../../core/tensor.ts";
import type { ConcatNode, PixelShuffleNode, SubsampleNode } from "./graph.ts";

/** A value whose elements are moved. */
interface Moved {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** Concatenates channels. Adding 0 turns -0 into 0. */
export const concat = ({ shape }: ConcatNode, inputs: readonly Moved[]): Float32Array => {
  const y = new Float32Array(sizeOf(shape));
  const channels = shape[2] as number;
  let before = 0;
  for (const { data, shape: from } of inputs) {
    const own = from[2] as number;
    for (let i = 0; i < data.length; i++)
      y[Math.floor(i / own) * channels + before + (i % own)] = (data[i] as number) + 0;
    before += own;
  }
  return y;
};

export const pixelShuffle = (
  { factor, shape }: PixelShuffleNode,
  x: Float32Array,
  inShape: Shape,
): Float32Array => {
  const [, width, inChannels] = inShape as [number, number, number];
  const [outHeight, outWidth, channels] = shape as [number, number, number];
  const y = new Float32Array(x.length);
  for (let row = 0; row < outHeight; row++)
    for (let column = 0; column < outWidth; column++)
      for (let c = 0; c < channels; c++) {
        const [h, w] = [Math.floor(row / factor), Math.floor(column / factor)];
        const channel = ((row % factor) * factor + (column % factor)) * channels + c;
        y[(row * outWidth + column) * channels + c] = x[(h * width + w) * inChannels + channel] as number;
      }
  return y;
};

export const subsample = (
  { stride, before, shape }: SubsampleNode,
  x: Float32Array,
  inShape: Shape,
): Float32Array => {
  const [, width, inChannels] = inShape as [number, number, number];
  const [outHeight, outWidth, channels] = shape as [number, number, number];
  const y = new Float32Array(sizeOf(shape));
  for (let p = 0; p < outHeight; p++)
    for (let q = 0; q < outWidth; q++)
      for (let c = 0; c < inChannels; c++)
        y[(p * outWidth + q) * channels + before + c] = x[
          (p * stride * width + q * stride) * inChannels + c
        ] as number;
  return y;
};
