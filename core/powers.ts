/** @file Powers of two next to a number, from its exponent and mantissa, exactly. */
import { upperWord } from "./elementary/float64.ts";

/** The largest k with 2^k <= x, for x > 0; -Infinity for 0. */
export const floorLog2 = (x: number): number => {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return Math.log2(x);
  return x < 2 ** -1022 ? floorLog2(x * 2 ** 54) - 54 : (upperWord(x) >> 20) - 1023;
};

/** The smallest k with 2^k >= x, for x > 0. */
export const ceilLog2 = (x: number): number => {
  const k = floorLog2(x);
  return 2 ** k === x ? k : k + 1;
};

/** The k whose power is nearest in ratio: 3 for 6 and 2 for 5, because 4 sqrt(2) lies between them. */
export const roundLog2 = (x: number): number => {
  const k = floorLog2(x);
  return x / 2 ** k < Math.SQRT2 ? k : k + 1;
};

/** The k whose power is nearest in distance: 3 for 6, and 2 for 5.9, because the middle of 4 and 8 belongs to 8. */
export const nearestLog2 = (x: number): number => {
  const k = floorLog2(x);
  return x < 1.5 * 2 ** k ? k : k + 1;
};
