/**
 * @file Tensors of integers in blocks: neighbours along one axis share a scale, as microscaling formats have it.
 *
 * A product adds along one axis of each operand, and only there may integers of a block be added before they are scaled. So a tensor has
 * two copies, each quantized along the axis that some of its products add along: its last, channels, and its first, samples of an
 * activation or a gradient, and output channels of weights.
 */
import { type HostCodes, type Shape4, sides4 } from "./tensor.ts";

/** A copy of a tensor in blocks: x = code * scale. The axis of the blocks is innermost, whichever it was. */
export interface BlockCodes {
  /** Integers -127 .. 127; [A, B, C, D] in blocks along D. */
  readonly codes: HostCodes;
  /** Scale of each block, [A, B, C, ceil(D / size)]; 0 for a block of zeros. The last block of a row may be shorter. */
  readonly scales: Float32Array;
  /** Elements of a block, an even number. */
  readonly size: number;
}

/** Both copies of a tensor [N, H, W, C]. */
export interface Blocks {
  /** In blocks along channels: [N, H, W, C]. */
  readonly last: BlockCodes;
  /** In blocks along samples: [H, W, C, N]. Absent in evaluation, which has no gradients. */
  readonly first?: BlockCodes | undefined;
}

/** Number of blocks of a row. */
export const blocksOf = (length: number, size: number): number => Math.ceil(length / size);

/** Sides of the innermost axis first: elements of a row, and blocks of a row. */
export const rowOf = ({ codes, size }: BlockCodes): { readonly length: number; readonly blocks: number } => {
  const [, , , length] = sides4(codes.shape);
  return { length, blocks: blocksOf(length, size) };
};

/** The shape [N, H, W, C] whose first axis was moved to the end. */
export const beforeMove = ([h, w, c, n]: Shape4): Shape4 => [n, h, w, c];
