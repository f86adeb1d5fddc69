/** @file Samples: what can be measured of a tensor, its elements themselves or their histogram. */

/** Elements of a tensor, or a histogram of them (`histogram`). */
export interface Sample {
  readonly values: Float32Array;
  /** Number of elements that each of the values stands for; present in a histogram only. */
  readonly counts?: Uint32Array;
  /** Shape of the tensor; absent in a histogram, which has forgotten where its elements stood. */
  readonly shape?: readonly number[];
}

/** Number of elements of the tensor. */
export const sampleSize = ({ values, counts }: Sample): number =>
  counts ? counts.reduce((sum, count) => sum + count, 0) : values.length;
