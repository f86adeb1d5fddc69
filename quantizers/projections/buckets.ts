/** @file Buckets: runs of elements in memory order (samples, then positions, then channels) with levels of their own. */
import type { Noise, Projected } from "./projection.ts";

/** The option `bucket` of projections that choose levels per bucket or for the whole tensor. */
export const bucketOption = (of: string) =>
  ({
    type: "integer",
    default: 0,
    least: 0,
    most: 2 ** 31,
    help: `number of elements that share ${of}; 0: the whole tensor`,
  }) as const;

/**
 * Projects each bucket separately; the last one may be shorter. The noise is that of the whole tensor.
 *
 * @param bucket number of elements; 0 for the whole tensor
 * @param project projects one bucket
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
