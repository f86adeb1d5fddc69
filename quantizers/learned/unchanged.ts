import type { Transformed } from "./weightTransform.ts";

/**
 * Weights as they are, with a gradient that passes: what becomes of 32 bits where a method only rounds.
 *
 * @example
 * unchanged(Float32Array.of(0.5, -2)).values; // [0.5, -2]
 */
export const unchanged = (w: Float32Array): Transformed => ({
  values: w,
  range: { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY },
  pullback: (dw) => ({ dw }),
});
