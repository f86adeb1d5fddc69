/** @file Mean and standard deviation of tensors, and the normal distribution that they are compared with. */

/** The mean and the unbiased standard deviation (n - 1); the deviation of a single element is 0. */
export const momentsOf = (x: Float32Array): { readonly mean: number; readonly deviation: number } => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] as number;
  const mean = x.length === 0 ? 0 : sum / x.length;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += ((x[i] as number) - mean) ** 2;
  return { mean, deviation: x.length > 1 ? Math.sqrt(squares / (x.length - 1)) : 0 };
};

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
