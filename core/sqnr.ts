import { log10 } from "./elementary/log10.ts";

/** Squared relative error of 2^-23 per element, which two float32 roundings may leave. */
const roundedAway = 2 ** -46;

/**
 * Signal-to-quantization-noise ratio in dB, from the sum of squares of a tensor and the sum of squared quantization
 * errors:
 *
 *     10 log10(signal / noise)
 *
 * Infinity if nothing was lost, e.g. if all elements are on levels: float32 rounding errors of the levels, below 2^-23
 * of each element, do not count as quantization noise. (16-bit steps are about 100 dB. Losses that are 10^7 times
 * smaller than a single dominating element do not count either.)
 *
 * @example
 * sqnrOf(10, 1); // 10
 * sqnrOf(10, 0); // Infinity
 */
export const sqnrOf = (signal: number, noise: number): number =>
  noise <= roundedAway * signal ? Number.POSITIVE_INFINITY : 10 * log10(signal / noise);
