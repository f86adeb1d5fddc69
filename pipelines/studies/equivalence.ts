/** @file Whether a mean difference lies within a margin that was named beforehand: two one-sided t-tests. */
import { type Problem, problem, valueText } from "../../core/errors.ts";
import { criticalT, upperTail } from "./studentT.ts";

/** The level of both tests, and so 1 - 2 times it that of the interval. */
const level = 0.05;

/** A mean difference held against a margin. */
export interface Equivalence {
  /** In the unit of the scores, so 0.005 for half a percentage point. */
  readonly margin: number;
  readonly degreesOfFreedom: number;
  /** The interval that holds the true difference with 90 % confidence. Where it lies within the margin, p is below 0.05, and the other way round. */
  readonly interval: readonly [lo: number, hi: number];
  /** The greater p of two one-sided t-tests, of "below the margin" and of "above minus the margin". A small one says that the difference is smaller than the margin; a large one says nothing. */
  readonly p: number;
}

/** A mean with its standard error, which has some degrees of freedom. */
interface Estimate {
  readonly mean: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
}

/**
 * Two one-sided t-tests of a mean difference against a margin.
 *
 *     p = max(P(T > (margin + mean) / standardError), P(T > (margin - mean) / standardError))
 *
 * @see Schuirmann 1987, "A comparison of the two one-sided tests procedure and the power approach"; with paired differences it is
 *   `ttost_paired` of statsmodels
 */
export const equivalenceOf = (
  { mean, standardError, degreesOfFreedom }: Estimate,
  margin: number,
): Equivalence => {
  const half = criticalT(level, degreesOfFreedom) * standardError;
  const p = Math.max(
    ...[mean, -mean].map((side) => upperTail((margin + side) / standardError, degreesOfFreedom)),
  );
  return { margin, degreesOfFreedom, interval: [mean - half, mean + half], p };
};

/** The greatest standard deviation of paired differences of so many seeds that may still pass, were their mean 0. */
export const mostDeviation = (margin: number, seeds: number): number =>
  (margin * Math.sqrt(seeds)) / criticalT(level, seeds - 1);

/** The fault of a margin that is no number above 0; none where there is no margin. */
export const marginProblems = (where: string, margin: unknown): readonly Problem[] =>
  margin === undefined || (typeof margin === "number" && Number.isFinite(margin) && margin > 0)
    ? []
    : [
        problem(
          where,
          valueText(margin),
          "a number above 0, in percentage points, dB or the unit of the score, such as 0.5",
        ),
      ];
