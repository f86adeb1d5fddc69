/** @file Buckets: runs of elements, as they lie in memory (samples, then places, then channels), that have levels of their own. */
import type { Noise, Projected } from "./projection.ts";

/** Option of projections that choose their levels for a bucket, or for all of the tensor. */
export const bucketOption = (of: string) =>
  ({
    type: "integer",
    default: 0,
    least: 0,
    most: 2 ** 31,
    help: `number of elements that share ${of}; 0: the whole tensor`,
  }) as const;

/**
 * Projects each bucket by itself, the last one with what is left. Noise is that of the whole tensor.
 *
 * @param bucket elements of one; 0: all of the tensor
 * @param project what is made of a bucket
 */
export const byBucket = (
  x: Float32Array,
  bucket: number,
  noise: Noise | undefined,
  project: (part: Float32Array, noise: Noise | undefined) => Projected,
): Projected => {
  if (bucket === 0 || bucket >= x.length) return project(x, noise);
  const noises = noise?.(x.length);
  const values = new Float32Array(x.length);
  const gradientMask = new Int8Array(x.length).fill(1);
  let clipped = 0;
  for (let first = 0; first < x.length; first += bucket) {
    const end = Math.min(first + bucket, x.length);
    const found = project(x.subarray(first, end), noises && (() => noises.subarray(first, end)));
    values.set(found.values, first);
    if (found.gradientMask) gradientMask.set(found.gradientMask, first);
    clipped += found.clipped;
  }
  return { values, gradientMask, clipped };
};
