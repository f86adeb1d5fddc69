import { largestEnd, type Range } from "./range.ts";

/**
 * The tensor with 0 for NaN, and with the bounds of the range for infinities and magnitudes above `largestEnd`; the tensor itself
 * if it has none of these. For projections that sum or compare elements, where a single NaN would affect all.
 */
export const nanToNum = (x: Float32Array, { lo, hi }: Range): Float32Array => {
  let sum = 0;
  // x - x is 0 for all but NaN and infinities, and 4 x is infinite for magnitudes above `largestEnd`.
  for (let i = 0; i < x.length; i++) {
    const four = Math.fround(4 * (x[i] as number));
    sum += four - four;
  }
  if (sum === 0) return x;
  return x.map((v) => (Number.isNaN(v) ? 0 : Math.abs(v) <= largestEnd ? v : v < 0 ? lo : hi));
};
