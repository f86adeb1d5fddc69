/** @file The bits of a float64: its two words of 32 bits, and powers of two made from them. */

const number = new Float64Array(1);
const words = new Int32Array(number.buffer);
/** Places of the words; as WebAssembly does, this takes the bytes of a number to begin with the lowest. */
const [low, high] = [0, 1] as const;

/** The upper word: sign, 11 bits of exponent + 1023, and the upper 20 bits of the mantissa. Signed. */
export const upperWord = (x: number): number => {
  number[0] = x;
  return words[high]!;
};

/** The float64 with this upper word, and 0 as the lower one. */
export const fromWord = (upper: number): number => {
  words[low] = 0;
  words[high] = upper;
  return number[0]!;
};

/** x with another upper word. */
export const withUpperWord = (x: number, upper: number): number => {
  number[0] = x;
  words[high] = upper;
  return number[0]!;
};

/** x with its lower word set to 0: at most 21 bits of mantissa, so that products of two such numbers are exact. */
export const leading = (x: number): number => {
  number[0] = x;
  words[low] = 0;
  return number[0]!;
};

const powers = Float64Array.from({ length: 2046 }, (_, i) => fromWord((i + 1) << 20));

/** 2^k, for -1022 <= k <= 1023. */
export const powerOfTwo = (k: number): number => powers[k + 1022]!;

/** x 2^k, rounded once; k from -2044 to 2046, beyond which it is 0 or infinite anyway. */
export const scaled = (x: number, k: number): number =>
  k > 1023
    ? x * powerOfTwo(1023) * powerOfTwo(k - 1023)
    : k >= -1021
      ? x * powerOfTwo(k)
      : x * powerOfTwo(k + 1000) * powerOfTwo(-1000);
