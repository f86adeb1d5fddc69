/** @file What a few runs that differ in their seed tell together. */
import { mean } from "../../core/mean.ts";
import { type Equivalence, equivalenceOf } from "./equivalence.ts";
import { upperTail } from "./studentT.ts";

/** Spread of a number over seeds. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation, by n - 1; null for a single run, or where a number is not finite. */
  readonly sd: number | null;
  readonly min: number;
  readonly max: number;
}

/** The sample standard deviation; null where there is none. */
const sdOf = (values: readonly number[]): number | null => {
  if (values.length < 2 || !values.every(Number.isFinite)) return null;
  if (values.every((value) => value === values[0])) return 0;
  const average = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1));
};

/** The spread of some values; null where there are none. */
export const spreadOf = (values: readonly number[]): Spread | null =>
  values.length === 0
    ? null
    : {
        mean: mean(values),
        sd: sdOf(values),
        min: Math.min(...values),
        max: Math.max(...values),
      };

/** A mean difference, judged. */
export interface JudgedMean {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly standardError: number | null;
  /** p of a two-sided t-test: how often chance alone would give a mean as far from 0. */
  readonly p: number | null;
  /** Whether the difference lies within a margin; null where none was asked for, and where the sample is too small to say. */
  readonly equivalence: Equivalence | null;
}

/**
 * Paired difference of two cells over the same seeds. Neither standard error nor p is there where the sample is too small: of a single seed, and
 * of differences that deviate from each other by less than the scores resolve, such as equal ones.
 */
export interface Difference extends JudgedMean {
  /** Seeds that both cells have. */
  readonly seeds: number;
}

/** A mean with the deviation of what it is the mean of. */
interface Sample {
  readonly mean: number;
  readonly sd: number | null;
  readonly degreesOfFreedom: number;
  /** Standard error of the mean for a deviation of 1: 1 / sqrt(n) for the mean of n. */
  readonly errorOfOne: number;
}

/** What the rounding of float32 leaves of scores whose steps are not known, such as PSNR. */
const rounding = 1e-6;

/** Share that float64 may have lost of a standard deviation just as large as the resolution. */
const tolerance = 1e-9;

/**
 * The judgement of a sample. Scores that are rounded to a resolution may deviate by less than what was measured does: the test of a
 * difference is silent there, and that of equivalence takes the resolution for the deviation, so that equal scores do not count as proof;
 * where the resolution is not known, it is silent, too.
 *
 * @param resolution by how much two scores differ at least, if they do: one test image of many; undefined where it is not known
 * @param margin how far from 0 a difference counts as none, in the unit of the scores
 */
export const judged = (
  { mean, sd, degreesOfFreedom, errorOfOne }: Sample,
  resolution: number | undefined,
  margin?: number,
): JudgedMean => {
  const isTooSmall = sd === null || sd < (resolution ?? rounding) * (1 - tolerance) || sd === 0;
  const least =
    sd === null || (isTooSmall && resolution === undefined) ? null : Math.max(sd, resolution ?? 0);
  const equivalence =
    margin === undefined || least === null || least === 0
      ? null
      : equivalenceOf({ mean, standardError: least * errorOfOne, degreesOfFreedom }, margin);
  if (isTooSmall) return { mean, standardError: null, p: null, equivalence };
  const standardError = sd * errorOfOne;
  const p = 2 * upperTail(Math.abs(mean / standardError), degreesOfFreedom);
  return { mean, standardError, p, equivalence };
};

/** Paired differences, judged as `judged` does; null where there are none. */
export const differenceOf = (
  differences: readonly number[],
  resolution: number | undefined,
  margin?: number,
): Difference | null => {
  const seeds = differences.length;
  if (seeds === 0) return null;
  const sample = { mean: mean(differences), sd: sdOf(differences), degreesOfFreedom: seeds - 1 };
  return { seeds, ...judged({ ...sample, errorOfOne: 1 / Math.sqrt(seeds) }, resolution, margin) };
};
