/** @file Statistics of a few measurements. All of them need at least one. */

/** The quantile `q`, interpolated linearly between neighbours. */
export const quantile = (q: number, values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
};

export const median = (values: readonly number[]): number => quantile(0.5, values);

/** Distance between the quartiles, relative to the median. */
export const spread = (values: readonly number[]): number =>
  (quantile(0.75, values) - quantile(0.25, values)) / median(values);

/** The mean for ratios: that of 2 and 1/2 is 1. */
export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
