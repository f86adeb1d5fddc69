/** @file Float32 scales of whole tensors, which follow from a range, and what lies beyond them. */
import { largestFloat } from "../../core/largestFloat.ts";
import { absMax, type Range } from "../../core/range.ts";

const { fround } = Math;

/** Scale of a tensor, in float32. */
export interface TensorScale {
  /** Factor of elements before they are rounded. */
  readonly encoding: number;
  /** Its inverse, rounded. */
  readonly decoding: number;
  /** Largest magnitude that is not clipped. */
  readonly limit: number;
}

/**
 * The scale with which the largest magnitude of a range becomes `top`. A range without width has the scale 1.
 *
 * @param most the largest number that the format holds, at least `top`; what it holds beyond `top` is not clipped
 * @example
 * tensorScale({ lo: -1, hi: 3.5 }, 448); // { encoding: 128, decoding: 0.0078125, limit: 3.5 }
 */
export const tensorScale = (range: Range, top: number, most = top): TensorScale => {
  const largest = fround(absMax(range));
  if (largest === 0) return { encoding: 1, decoding: 1, limit: most };
  const encoding = Math.min(fround(fround(top) / largest), largestFloat);
  return { encoding, decoding: fround(1 / encoding), limit: largest * (most / top) };
};

/** Clears the mask of elements `first` to `end` - 1 whose magnitudes are beyond a limit. @returns how many these are */
export const clipBeyond = (
  limit: number,
  x: Float32Array,
  mask: Int8Array,
  first = 0,
  end = x.length,
): number => {
  let clipped = 0;
  for (let i = first; i < end; i++)
    if (Math.abs(x[i] as number) > limit) {
      clipped++;
      mask[i] = 0;
    }
  return clipped;
};
