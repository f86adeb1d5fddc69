/** @file What is known of a statistic that somebody else has recorded. */

/**
 * What was recorded of a tensor:
 *
 * - `minMax`: both ends
 * - `amax`: the largest magnitude; the ends are plus and minus it
 * - `scale`: a scale, from which the largest magnitude was computed
 * - `histogram`: counts by bin; the ends as far as its bins tell them
 * - `moments`: mean and standard deviation only; the ends are NaN
 */
export const knownNames = ["minMax", "amax", "scale", "histogram", "moments"] as const;

/** One of `knownNames`. */
export type Known = (typeof knownNames)[number];

/** What a foreign recording says of one row beyond what a recording of ours does. */
export interface ForeignStat {
  readonly known: Known;
  /** Half-width of the interval in which the least element lies, as a number that was printed with a few digits has one; 0 where it is exact. */
  readonly minError: number;
  /** Half-width of the interval in which the greatest element lies. */
  readonly maxError: number;
  /** Whether the row is of a cold start, so that its statistic is a placeholder of whoever wrote it. */
  readonly coldStart: boolean;
  /** Process of a distributed run; absent where there was one. */
  readonly rank?: number;
}
