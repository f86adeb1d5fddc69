/** @file Catalogue entries of range estimators and of combinators, which make estimators of estimators. */
import { type CheckedEntry, checkedEntry, type Entry } from "../../core/entry.ts";
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { type Given, type Options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { type RangeEstimator, renamed } from "./estimator.ts";

interface Timing {
  /** Whether its range can be known before the tensor (after the first). */
  readonly isStatic: boolean;
}

/** Catalogue entry of a range estimator: name, options and function. Its file exports it. */
export interface EstimatorEntry<D extends Options = Options> extends CheckedEntry<RangeEstimator, D>, Timing {
  readonly kind: "estimator";
}

/**
 * Catalogue entry of a combinator: an estimator of another estimator E, written `name(E)`. Its range can be known
 * before the tensor, whatever E is.
 */
export interface CombinatorEntry<D extends Options = Options>
  extends CheckedEntry<(estimator: RangeEstimator) => RangeEstimator, D> {
  readonly kind: "combinator";
}

/**
 * Makes the catalogue entry of an estimator. The types of its option values are inferred from `options`.
 *
 * In code, `make` takes the options that differ from their defaults, and checks them as the command line does. An
 * estimator without a name gets that of the entry, with these options: `margin:factor=3`.
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
  described: Entry<RangeEstimator, D> & Timing,
): EstimatorEntry<D> => {
  const entry = checkedEntry(described);
  return {
    kind: "estimator",
    ...described,
    make: (given = {} as Given<D>) => {
      const made = entry.make(given);
      const { name, options } = described;
      if (typeof made !== "function")
        throw new RangeflowFailure(
          problem(
            name,
            `a make that gives ${valueText(made)}`,
            "a range estimator",
            "estimate makes one of a fold",
          ),
        );
      return made.name === ""
        ? renamed(optionedName(name, options, withDefaults(options, given)), made)
        : made;
    },
  };
};

/** Makes the catalogue entry of a combinator. The types of its option values are inferred from `options`. */
export const combinatorEntry = <const D extends Options>(
  described: Entry<(estimator: RangeEstimator) => RangeEstimator, D>,
): CombinatorEntry<D> => ({ kind: "combinator", ...checkedEntry(described) });
