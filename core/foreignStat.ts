/** @file Imported (third-party) statistics: what is known about them. */

/**
 * What was recorded of a tensor:
 *
 * - `minMax`: minimum and maximum
 * - `amax`: the largest magnitude; minimum and maximum are minus and plus it
 * - `scale`: a scale, from which the largest magnitude was computed
 * - `histogram`: counts per bin; minimum and maximum as far as the bins show them
 * - `moments`: mean and standard deviation only; minimum and maximum are NaN
 */
export const knownNames = ["minMax", "amax", "scale", "histogram", "moments"] as const;

/** One of `knownNames`. */
export type Known = (typeof knownNames)[number];

/** What an imported recording says about one row beyond a Rangeflow recording. */
export interface ForeignStat {
  readonly known: Known;
  /** Half-width of the interval that contains the minimum, e.g. of a number printed with a few digits; 0 if it is exact. */
  readonly minError: number;
  /** Half-width of the interval that contains the maximum. */
  readonly maxError: number;
  /** Whether the row is from a cold start, so that its statistic is a placeholder of its source. */
  readonly coldStart: boolean;
  /** Rank of the process in a distributed run; absent for a single process. */
  readonly rank?: number;
}
