/** What rounding to float32 twice leaves of the squares of a tensor: 2^-23 of each element. */
const roundedAway = 2 ** -46;

/**
 * Signal-to-quantization-noise ratio in dB, from the sum of squares of a tensor and that of what quantization changed in it:
 *
 *     10 log10(signal / noise)
 *
 * Infinite where nothing was lost, as of a tensor whose elements all lie on levels: what float32 rounds of the levels themselves, less than
 * 2^-23 of each element, is no quantization and counts as nothing. Steps of 16 bits are about 100 dB; what is lost of a tensor that is one element and dust, 10^7
 * times as small in all, counts as nothing, too.
 *
 * @example
 * sqnrOf(10, 1); // 10
 * sqnrOf(10, 0); // Infinity
 */
export const sqnrOf = (signal: number, noise: number): number =>
  noise <= roundedAway * signal ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
