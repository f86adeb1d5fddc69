/** @file Blocks of neighbouring channels, which share a scale. */
import type { Shape } from "../../core/tensor.ts";

/** A block of elements: indices `first` to `end` - 1. */
export type VisitBlock = (first: number, end: number) => void;

/**
 * Visits the blocks of a tensor: `size` neighbours along its last axis, which are channels of activations and gradients and input
 * channels of weights. If `size` does not divide that axis, the last block of each row is shorter.
 */
export const forEachBlock = (shape: Shape, length: number, size: number, visit: VisitBlock): void => {
  const row = shape.at(-1) ?? 1;
  for (let start = 0; start < length; start += row)
    for (let first = start; first < start + row; first += size)
      visit(first, Math.min(first + size, start + row));
};

/** Rows of a transposition that are written side by side, so that each cache line is written once. */
const linesAtOnce = 16;

/** The elements of a tensor whose first axis is moved to the end. */
export const firstAxisLast = (x: Float32Array, shape: Shape): Float32Array => {
  const rows = shape[0] ?? 1;
  const each = x.length / Math.max(rows, 1);
  const moved = new Float32Array(x.length);
  for (let tile = 0; tile < each; tile += linesAtOnce) {
    const end = Math.min(tile + linesAtOnce, each);
    for (let n = 0; n < rows; n++)
      for (let i = tile; i < end; i++) moved[i * rows + n] = x[n * each + i] as number;
  }
  return moved;
};

/** The largest magnitude among x[first] .. x[end - 1]. */
export const largestIn = (x: Float32Array, first: number, end: number): number => {
  let largest = 0;
  for (let i = first; i < end; i++) {
    const magnitude = Math.abs(x[i] as number);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
};
