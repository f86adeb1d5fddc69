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

/** The largest magnitude among x[first] .. x[end - 1]. */
export const largestIn = (x: Float32Array, first: number, end: number): number => {
  let largest = 0;
  for (let i = first; i < end; i++) {
    const magnitude = Math.abs(x[i] as number);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
};
