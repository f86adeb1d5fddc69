/**
 * Quantization schemes of integer grids: which codes there are, and which of them stands for 0 (`qparams.ts`).
 * Recordings store the index in this list.
 *
 * - `affine`: all 2^bits codes and a zero point. `symmetric`: -qmax .. qmax around 0, qmax = 2^(bits - 1) - 1.
 * - `powerNear`, `powerAbove`: symmetric; the power of two nearest to, or next above, the largest magnitude corresponds
 *   to 2^(bits - 1) steps.
 */
export const schemeNames = ["affine", "symmetric", "powerNear", "powerAbove"] as const;

/** One of `schemeNames`. */
export type Scheme = (typeof schemeNames)[number];
