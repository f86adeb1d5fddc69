import { concatMap, connect, map, merge, of, skip, take, withLatestFrom } from "rxjs";
import { madeOf } from "../../core/madeOf.ts";
import { named } from "../../core/named.ts";
import { withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { decay, tensorCount } from "./commonOptions.ts";
import { combinedName, measures, monotone, type RangeEstimator } from "./estimator.ts";
import { combinatorEntry, estimatorEntry } from "./estimatorEntry.ts";
import { runningMinMax } from "./runningMinMax.ts";

/**
 * Runs an estimator on the first `tensors` tensors, then keeps its last range. That range is known before each later
 * tensor, so a dynamic estimator becomes static. As calibration with a PyTorch observer, followed by
 * `disable_observer`.
 *
 *     observed                     --a--b-----c--d--|
 *     frozenAfter(2, dynamic one)  --A--(BB)--B--B--|
 *
 * @param tensors number of tensors to learn from, at least 1
 * @example
 * const stats$ = from([[0, 1], [0, 2], [0, 9]].map((x) => statOf(x)));
 * stats$.pipe(frozenAfter(1, currentMinMax()), take(3)); // [{ lo: 0, hi: 1 }, { lo: 0, hi: 1 }, { lo: 0, hi: 1 }]
 */
export const frozenAfter = (tensors: number, estimator: RangeEstimator): RangeEstimator => {
  const frozen: RangeEstimator = (observed$) =>
    observed$.pipe(
      connect((shared$) => {
        const learned$ = shared$.pipe(estimator, take(tensors));
        return merge(
          learned$.pipe(concatMap((range, n) => (n === tensors - 1 ? of(range, range) : of(range)))),
          shared$.pipe(
            skip(tensors),
            withLatestFrom(learned$),
            map(([, range]) => range),
          ),
        );
      }),
    );
  withDefaults(frozenCombinator.options, { tensors }, "frozen");
  const name = optionedName(combinedName("frozen", estimator), frozenCombinator.options, { tensors });
  return named(name, measures(estimator.measures, monotone(estimator.isMonotone, madeOf(frozen, estimator))));
};

const tensors = tensorCount(100, "number of first tensors");

/** `frozen` in the catalogue of estimators. */
export const frozenEntry = estimatorEntry({
  name: "frozen",
  summary: "running average over the first tensors, then kept forever",
  source: "",
  isStatic: true,
  options: { tensors, decay },
  make: ({ tensors, decay }) => frozenAfter(tensors, runningMinMax({ decay })),
});

/** `frozen` in the catalogue of combinators of estimators. */
export const frozenCombinator = combinatorEntry({
  name: "frozen",
  summary: "E for the first tensors, then its last range forever",
  source: "",
  options: { tensors },
  make:
    ({ tensors }) =>
    (estimator) =>
      frozenAfter(tensors, estimator),
});
