/** @file What can be measured of a tensor: its elements themselves, or their histogram. */
/** Elements of a tensor, or a histogram of them (`histogram`). */
export interface Sample {
  readonly values: Float32Array;
  /** Of a histogram: how many elements each of its values stands for. */
  readonly counts?: Uint32Array;
  /** Of the tensor; a histogram has forgotten where its elements stood. */
  readonly shape?: readonly number[];
}

/** Number of elements of the tensor. */
export const sampleSize = ({ values, counts }: Sample): number =>
  counts ? counts.reduce((sum, count) => sum + count, 0) : values.length;
