/** @file Built-in estimators from text, such as `inHindsight:decay=0.95` or `inHindsight(percentile:low=5):lo=-1,hi=1`. */
import * as E from "fp-ts/lib/Either.js";
import { parseEntry } from "../../core/entry.ts";
import type { Problem } from "../../core/errors.ts";
import type { RangeEstimator } from "../estimators/estimator.ts";
import type { NamedEstimator } from "../quantizer.ts";
import { catalogue, combinators } from "./estimatorCatalogue.ts";

type Found = E.Either<readonly Problem[], NamedEstimator>;

/** The parts of a text such as `inHindsight(percentile:low=5):lo=-1,hi=1`. */
interface Combination {
  /** Text of the estimator inside. */
  readonly inner: string;
  /** Combines the estimator inside. */
  readonly around: (estimator: NamedEstimator) => Found;
}

/**
 * The parts of a text that names a combination of estimators; undefined if it does not.
 *
 * @param where what is being configured, e.g. `--gradient-range`; used in errors only
 */
export const combinationIn = (where: string, text: string): Combination | undefined => {
  const [, name, inner, options = ""] = /^([^(:]*)\((.*)\)(:.*)?$/s.exec(text) ?? [];
  if (name === undefined || inner === undefined) return undefined;
  return {
    inner,
    around: ({ estimator }) =>
      E.map((combine: (estimator: RangeEstimator) => RangeEstimator) => ({
        name: text,
        estimator: combine(estimator),
      }))(parseEntry("combinator", combinators, "")(where)(`${name}${options}`)),
  };
};

/**
 * The estimator that a text such as `inHindsight:decay=0.95` or `inHindsight(percentile)` names.
 *
 * @param where what is being configured, e.g. `--gradient-range`; used in errors only
 * @returns `Left` with every problem of the text
 */
export const parseEstimator =
  (where: string) =>
  (text: string): Found => {
    const combination = combinationIn(where, text);
    if (combination) return E.chain(combination.around)(parseEstimator(where)(combination.inner));
    return E.map((estimator: RangeEstimator) => ({ name: text, estimator }))(
      parseEntry("estimator", catalogue)(where)(text),
    );
  };
