/** @file What a catalogue says of a range estimator, and of what makes estimators of estimators. */
import type { Entry } from "../../core/entry.ts";
import type { Options } from "../../core/options.ts";
import type { RangeEstimator } from "./estimator.ts";

/** Entry of a range estimator: its name, options and function, as its file exports them. */
export interface EstimatorEntry<D extends Options = Options> extends Entry<RangeEstimator, D> {
  readonly kind: "estimator";
  /** Whether its range can be there before the tensor. */
  readonly isStatic: boolean;
}

/** An estimator of another estimator E, written `name(E)`; whatever E is, its range can be there before the tensor. */
export interface CombinatorEntry<D extends Options = Options>
  extends Entry<(estimator: RangeEstimator) => RangeEstimator, D> {
  readonly kind: "combinator";
}

/**
 * The entry of an estimator; the types of its values are inferred from its options.
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

/** The entry of a combinator; the types of its values are inferred from its options. */
export const combinatorEntry = <const D extends Options>(
  described: Omit<CombinatorEntry<D>, "kind">,
): CombinatorEntry<D> => ({ kind: "combinator", ...described });
