import { largestEnd, type Range } from "../../core/range.ts";

/**
 * The tensor with 0 for NaN, and with the ends of the range for infinities and what else no range holds (`largestEnd`); the tensor itself
 * where it has none of them. For projections that add up or compare elements, which a single NaN would spoil.
 */
export const nanToNum = (x: Float32Array, { lo, hi }: Range): Float32Array => {
  let sum = 0;
  // Only NaN and infinities are not 0 when subtracted from themselves, and a number times 4 is one from `largestEnd` on.
  for (let i = 0; i < x.length; i++) {
    const four = Math.fround(4 * (x[i] as number));
    sum += four - four;
  }
  if (sum === 0) return x;
  return x.map((v) => (Number.isNaN(v) ? 0 : Math.abs(v) <= largestEnd ? v : v < 0 ? lo : hi));
};
