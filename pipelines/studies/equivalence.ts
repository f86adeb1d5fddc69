/** @file Equivalence test: whether a mean difference lies within a margin that was chosen beforehand, by two one-sided t-tests. */
import { type Problem, problem, valueText } from "../../core/errors.ts";
import { criticalT, upperTail } from "./studentT.ts";

/** Level of both tests. The interval has confidence 1 - 2 * level. */
const level = 0.05;

/** Result of an equivalence test. */
export interface Equivalence {
  /** Margin in the unit of the scores: 0.005 for half a percentage point. */
  readonly margin: number;
  readonly degreesOfFreedom: number;
  /** 90 % confidence interval of the true difference. It lies within the margin if and only if p is below 0.05. */
  readonly interval: readonly [lo: number, hi: number];
  /**
   * The larger p of the two one-sided t-tests "below the margin" and "above minus the margin". A small p shows that the difference is
   * smaller than the margin; a large p shows nothing.
   */
  readonly p: number;
}

/** A mean with its standard error and degrees of freedom. */
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

/** Largest standard deviation of paired differences over `seeds` seeds that can still pass the test, if their mean is 0. */
export const mostDeviation = (margin: number, seeds: number): number =>
  (margin * Math.sqrt(seeds)) / criticalT(level, seeds - 1);

/** Problem with a margin that is not a number above 0; none if there is no margin. */
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
