/** @file What a few runs that differ in their seed tell together. */
import jStat from "jstat";

/** Spread of a number over seeds. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation, by n - 1; null for a single run, or where a number is not finite. */
  readonly sd: number | null;
  readonly min: number;
  readonly max: number;
}

export const meanOf = (values: readonly number[]): number => jStat.mean(values);

/** The sample standard deviation; null where there is none. */
const sdOf = (values: readonly number[]): number | null => {
  if (values.length < 2 || !values.every(Number.isFinite)) return null;
  return values.every((value) => value === values[0]) ? 0 : jStat.stdev(values, true);
};

/** The spread of some values; null where there are none. */
export const spreadOf = (values: readonly number[]): Spread | null =>
  values.length === 0
    ? null
    : {
        mean: meanOf(values),
        sd: sdOf(values),
        min: Math.min(...values),
        max: Math.max(...values),
      };

/**
 * Paired difference of two cells over the same seeds. Neither standard error nor p is there where the sample is too small: of a single seed, and
 * of differences that deviate from each other by less than the scores resolve, such as equal ones.
 */
export interface Difference {
  /** Seeds that both cells have. */
  readonly seeds: number;
  readonly mean: number;
  /** Standard error of the mean, sd / sqrt(n). */
  readonly standardError: number | null;
  /** p of a two-sided paired t-test: how often chance alone would give a mean as far from 0. */
  readonly p: number | null;
}

/** The probability that |t| of Student's distribution is at least so large. */
const twoSidedP = (t: number, degreesOfFreedom: number): number =>
  Math.min(2 * jStat.studentt.cdf(-Math.abs(t), degreesOfFreedom), 1);

/** Share that float64 may have lost of a standard deviation just as large as the resolution. */
const tolerance = 1e-9;

/**
 * Paired differences, judged; null where there are none.
 *
 * @param resolution by how much two scores differ at least, if they do: one test image of many
 */
export const differenceOf = (differences: readonly number[], resolution: number): Difference | null => {
  const seeds = differences.length;
  if (seeds === 0) return null;
  const mean = meanOf(differences);
  const sd = sdOf(differences);
  if (sd === null || sd < resolution * (1 - tolerance) || sd === 0)
    return { seeds, mean, standardError: null, p: null };
  const standardError = sd / Math.sqrt(seeds);
  return { seeds, mean, standardError, p: twoSidedP(mean / standardError, seeds - 1) };
};
