/** @file Powers of two next to a number, exactly; `Math.log2` alone is off by one just below some of them. */
import { roundHalfEven } from "./rounding.ts";

/** The largest k with 2^k <= x, for x > 0. */
export const floorLog2 = (x: number): number => {
  const k = Math.floor(Math.log2(x));
  if (2 ** k > x) return k - 1;
  return 2 ** (k + 1) <= x ? k + 1 : k;
};

/** The smallest k with 2^k >= x, for x > 0. */
export const ceilLog2 = (x: number): number => {
  const k = floorLog2(x);
  return 2 ** k === x ? k : k + 1;
};

/** The k whose power is nearest in ratio: 3 for 6 and 2 for 5, because 4 sqrt(2) lies between them. */
export const roundLog2 = (x: number): number => roundHalfEven(Math.log2(x));

/** The k whose power is nearest in distance: 3 for 6, and 2 for 5.9, because the middle of 4 and 8 belongs to 8. */
export const nearestLog2 = (x: number): number => {
  const k = floorLog2(x);
  return x < 1.5 * 2 ** k ? k : k + 1;
};
