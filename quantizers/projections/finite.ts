import type { Range } from "../../core/range.ts";

/**
 * The tensor with 0 for NaN and with the ends of the range for infinities; the tensor itself where it holds neither. For
 * projections that add up or compare elements, which a single NaN would spoil.
 */
export const finite = (x: Float32Array, { lo, hi }: Range): Float32Array => {
  let sum = 0;
  // Only NaN and infinities are not 0 when subtracted from themselves.
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) - (x[i] as number);
  if (sum === 0) return x;
  return x.map((v) => (Number.isNaN(v) ? 0 : Number.isFinite(v) ? v : v < 0 ? lo : hi));
};
