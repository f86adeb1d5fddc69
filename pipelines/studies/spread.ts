/** @file Statistics over a few runs that differ in their seed. */
import { mean } from "../../core/mean.ts";
import { type Equivalence, equivalenceOf } from "./equivalence.ts";
import { upperTail } from "./studentT.ts";

/** Spread of a number over seeds. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation, with n - 1; null for a single run, or if a number is not finite. */
  readonly sd: number | null;
  readonly min: number;
  readonly max: number;
}

/** Sample standard deviation; null if it is undefined. */
const sdOf = (values: readonly number[]): number | null => {
  if (values.length < 2 || !values.every(Number.isFinite)) return null;
  if (values.every((value) => value === values[0])) return 0;
  const average = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1));
};

/** Spread of some values; null if there are none. */
export const spreadOf = (values: readonly number[]): Spread | null =>
  values.length === 0
    ? null
    : {
        mean: mean(values),
        sd: sdOf(values),
        min: Math.min(...values),
        max: Math.max(...values),
      };

/** A mean difference with its tests. */
export interface JudgedMean {
  readonly mean: number;
  /** Standard error of the mean; null if the sample is too small. */
  readonly standardError: number | null;
  /** p of a two-sided t-test against 0; null if the sample is too small. */
  readonly p: number | null;
  /** Result of the equivalence test; null if no margin was given, and if the sample is too small. */
  readonly equivalence: Equivalence | null;
}

/**
 * Paired difference of two cells over the same seeds. Standard error and p are null if the sample is too small: for a single seed, and
 * for differences that deviate from each other by less than the resolution of the scores, for example equal ones.
 */
export interface Difference extends JudgedMean {
  /** Number of seeds that both cells have. */
  readonly seeds: number;
}

/** A mean with the standard deviation of its values. */
interface Sample {
  readonly mean: number;
  readonly sd: number | null;
  readonly degreesOfFreedom: number;
  /** Standard error of the mean for a deviation of 1: 1 / sqrt(n) for the mean of n values. */
  readonly errorOfOne: number;
}

/** Deviation that float32 rounding alone may cause in scores with an unknown resolution, such as PSNR. */
const rounding = 1e-6;

/** Relative error of float64 allowed for when a standard deviation is compared with an equal resolution. */
const tolerance = 1e-9;

/**
 * Tests of a sample. Rounded scores may deviate by less than the measured quantity does. The test of a difference is then not reported,
 * and the equivalence test uses the resolution as the deviation, so that equal scores do not count as proof. If the resolution is
 * unknown, neither is reported.
 *
 * @param resolution smallest difference between two different scores: one test image of many; undefined if unknown
 * @param margin equivalence margin in the unit of the scores
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

/** Paired differences, tested as in `judged`; null if there are none. */
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
