/** @file The standard normal distribution, which fits of levels to tensors start from. */

/** Its density at x. */
export const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** The standard normal distribution function at x >= 0, to some 1e-15 (the series of Marsaglia 2004). */
export const normalDistribution = (x: number): number => {
  if (x > 9) return 1;
  let [term, sum] = [x, x];
  for (let odd = 3; term > 1e-17 * sum; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + sum * normalDensity(x);
};
