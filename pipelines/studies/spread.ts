/** @file What a few runs that differ in their seed tell together. */

/** How a number varies over seeds. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation, by n - 1; null for a single run. */
  readonly sd: number | null;
  readonly min: number;
  readonly max: number;
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sample standard deviation of at least two values. */
const sdOf = (values: readonly number[]): number => {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
};

/** The spread of some values; null where there are none. */
export const spreadOf = (values: readonly number[]): Spread | null =>
  values.length === 0
    ? null
    : {
        mean: meanOf(values),
        sd: values.length === 1 ? null : sdOf(values),
        min: Math.min(...values),
        max: Math.max(...values),
      };

/** How the same seeds differ between two cells. */
export interface Difference {
  /** Seeds that both cells have. */
  readonly seeds: number;
  readonly mean: number;
  /** Of the mean, sd / sqrt(n); null for a single seed. */
  readonly standardError: number | null;
  /** Of a two-sided paired t-test: how often chance alone would give a mean as far from 0; null for a single seed. */
  readonly p: number | null;
}

/**
 * The probability that |t| of Student's distribution with `df` degrees of freedom is at least so large.
 *
 * @see Abramowitz and Stegun 1964, 26.7.3 and 26.7.4
 */
export const twoSidedP = (t: number, df: number): number => {
  const angle = Math.atan(Math.abs(t) / Math.sqrt(df));
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = df % 2 === 1;
  let term = isOdd ? cos : 1;
  let sum = 0;
  for (let k = isOdd ? 1 : 0; k <= df - 2; k += 2) {
    sum += term;
    term *= (cos * cos * (k + 1)) / (k + 2);
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
  return Math.max(0, 1 - within);
};

/** Paired differences, judged; null where there are none. */
export const differenceOf = (differences: readonly number[]): Difference | null => {
  const seeds = differences.length;
  if (seeds === 0) return null;
  const mean = meanOf(differences);
  if (seeds === 1) return { seeds, mean, standardError: null, p: null };
  const standardError = sdOf(differences) / Math.sqrt(seeds);
  const p = mean === 0 ? 1 : standardError === 0 ? 0 : twoSidedP(mean / standardError, seeds - 1);
  return { seeds, mean, standardError, p };
};
