/** @file Catalogue entries of range estimators and of combinators, which make estimators of estimators. */
import type { Entry } from "../../core/entry.ts";
import type { Options } from "../../core/options.ts";
import type { RangeEstimator } from "./estimator.ts";

/** Catalogue entry of a range estimator: name, options and function. Its file exports it. */
export interface EstimatorEntry<D extends Options = Options> extends Entry<RangeEstimator, D> {
  readonly kind: "estimator";
  /** Whether its range can be known before the tensor (after the first). */
  readonly isStatic: boolean;
}

/**
 * Catalogue entry of a combinator: an estimator of another estimator E, written `name(E)`. Its range can be known
 * before the tensor, whatever E is.
 */
export interface CombinatorEntry<D extends Options = Options>
  extends Entry<(estimator: RangeEstimator) => RangeEstimator, D> {
  readonly kind: "combinator";
}

/**
 * Makes the catalogue entry of an estimator. The types of its option values are inferred from `options`.
 *
 * @example
 * const margin = estimatorEntry({
 *   name: "margin",
 *   summary: "the ends of this tensor, moved apart",
 *   source: "",
 *   isStatic: false,
 *   options: { factor: { type: "number", default: 2, least: 1, help: "of both ends" } },
 *   make: ({ factor }) => estimate<Range>({
 *     init: { lo: 0, hi: 0 },
 *     step: (_, { min, max }) => ({ lo: factor * min, hi: factor * max }),
 *     read: (range) => range,
 *   }),
 * });
 * from([statOf([-1, 2])]).pipe(margin.make({ factor: 3 })); // [{ lo: -3, hi: 6 }]
 */
export const estimatorEntry = <const D extends Options>(
  described: Omit<EstimatorEntry<D>, "kind">,
): EstimatorEntry<D> => ({ kind: "estimator", ...described });

/** Makes the catalogue entry of a combinator. The types of its option values are inferred from `options`. */
export const combinatorEntry = <const D extends Options>(
  described: Omit<CombinatorEntry<D>, "kind">,
): CombinatorEntry<D> => ({ kind: "combinator", ...described });
