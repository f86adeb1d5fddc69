/** @file Rounding functions. `Math.round` rounds ties up, so it is not used. */

/** The nearest integer; ties go to the even one, as in NumPy, PyTorch and WebAssembly. */
export const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
};

/** 1.5 * 2^52: adding it to a float64 drops the fraction. */
const noFraction = 1.5 * 2 ** 52;

/** `roundHalfEven` for |x| < 2^51, without a branch that would be mispredicted half of the time. */
export const roundHalfEvenSmall = (x: number): number => x + noFraction - noFraction;

/**
 * One of the two integers next to `x`, the upper one with probability `x - floor(x)`; integers are unchanged.
 *
 *     roundHalfEven(x + u - 1/2)     the same as floor(x + u) except for ties
 *
 * @param u noise in (0, 1), passed in so that it can be replayed
 */
export const roundStochastic = (x: number, u: number): number => roundHalfEven(x + (u - 0.5));
