/** @file Samples: a tensor in the form in which it is measured, as elements or as a histogram. */

/** Elements of a tensor, or a histogram of them (see `histogram`). */
export interface Sample {
  /** Elements, in memory order; in a histogram, its values in ascending order. */
  readonly values: Float32Array;
  /** Number of elements that each value stands for; in a histogram only. */
  readonly counts?: Uint32Array;
  /** Shape of the tensor; absent in a histogram, which does not know the positions of its elements. */
  readonly shape?: readonly number[];
}

/** Number of elements of the tensor. */
export const sampleSize = ({ values, counts }: Sample): number =>
  counts ? counts.reduce((sum, count) => sum + count, 0) : values.length;
