/** @file The standard normal distribution, from which levels are fitted to tensors. */
import { exp } from "../../core/elementary/exp.ts";

/** Density at x. */
export const normalDensity = (x: number): number => exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Distribution function at x >= 0, accurate to about 1e-15 (the series of Marsaglia 2004). */
export const normalDistribution = (x: number): number => {
  if (x > 9) return 1;
  let [term, sum] = [x, x];
  for (let odd = 3; term > 1e-17 * sum; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + sum * normalDensity(x);
};
