/** @file The log-barrier extension: a loss term that keeps values within bounds, as a soft constraint. */
import { log } from "./elementary/log.ts";
import { pow } from "./elementary/pow.ts";
import { square } from "./square.ts";

/** A log barrier as a term of the loss. */
export interface LogBarrier {
  /** Weight of the barrier in the loss; the loss of the task has weight 1. */
  readonly weight: number;
  /** Bound of the interval [-bound, bound] in which values should stay. */
  readonly bound: number;
  /** Sharpness t > 0 at a step: the larger, the closer the barrier is to a wall at the bound. */
  readonly sharpness: (step: number) => number;
}

/** A value and its derivative. */
export interface Slope {
  readonly value: number;
  readonly slope: number;
}

/**
 * Extension of the log barrier beyond its pole, for the constraint z <= 0. Value and slope are continuous everywhere.
 *
 *     psi(z) = -log(-z) / t                        for z <= -1 / t^2
 *              t z - log(1 / t^2) / t + 1 / t      beyond
 *
 * @see Kervadec et al. 2019, arXiv:1904.04205, and its authors' code
 */
export const extendedLogBarrier = (t: number, z: number): Slope =>
  z <= -1 / square(t)
    ? { value: -log(-z) / t, slope: -1 / (t * z) }
    : { value: t * z + (2 * log(t) + 1) / t, slope: t };

/**
 * Barrier on both sides of a bound: psi(x - bound) + psi(-x - bound). Its minimum is at 0, so it also promotes
 * sparsity.
 */
export const twoSidedBarrier = (t: number, bound: number, x: number): Slope => {
  const above = extendedLogBarrier(t, x - bound);
  const below = extendedLogBarrier(t, -x - bound);
  return { value: above.value + below.value, slope: above.slope - below.slope };
};

/** Schedule of the sharpness: `first`, multiplied by `growth` every `period` steps. */
export const growingSharpness =
  (first: number, growth: number, period: number) =>
  (step: number): number =>
    first * pow(growth, Math.floor(step / period));
