import { concatMap, connect, filter, from, map, merge, scan } from "rxjs";
import { madeOf } from "../../core/madeOf.ts";
import { named } from "../../core/named.ts";
import { withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import type { Range } from "../../core/range.ts";
import { tensorCount } from "./commonOptions.ts";
import { combinedName, measures, monotone, type RangeEstimator } from "./estimator.ts";
import { combinatorEntry } from "./estimatorEntry.ts";

interface Holding {
  /** Number of tensors observed, and number of tensors that have their range. */
  readonly observed: number;
  readonly answered: number;
  /** Ranges whose tensors are still to come; the first is for the next tensor without a range. */
  readonly ranges: readonly Range[];
  readonly out: readonly Range[];
}

/** Emits the ranges of tensors up to the one after the last observed. */
const answer = (tensors: number, { observed, answered, ranges }: Omit<Holding, "out">): Holding => {
  const out: Range[] = [];
  let [next, waiting] = [answered, ranges];
  for (let [range] = waiting; range !== undefined && next <= observed; [range] = waiting) {
    out.push(range);
    next++;
    if (next % tensors === 0) waiting = waiting.slice(1);
  }
  return { observed, answered: next, ranges: waiting, out };
};

/**
 * Sample and hold: the estimator observes every `tensors`-th tensor only. Its range is kept for the tensors that
 * follow, up to the next observed one, and is known before them.
 *
 *     observed                   --a-------b--c--d-----|
 *     heldFor(3, dynamic one)    --(AA)----A-----(DD)--|
 *
 * With a dynamic estimator, only every `tensors`-th tensor is dynamic and measured; all others are static.
 *
 * @param tensors from one observed tensor to the next, at least 1
 * @example
 * const stats$ = from([[0, 1], [0, 2], [0, 9]].map((x) => statOf(x)));
 * stats$.pipe(heldFor(2, currentMinMax()), take(3)); // [{ lo: 0, hi: 1 }, { lo: 0, hi: 1 }, { lo: 0, hi: 9 }]
 * @see arXiv:2609.02846, which holds largest magnitudes of tensors for 50 steps; docs/methods.md section 1
 */
export const heldFor = (tensors: number, estimator: RangeEstimator): RangeEstimator => {
  const held: RangeEstimator = (observed$) =>
    observed$.pipe(
      connect((shared$) =>
        merge(
          shared$.pipe(
            filter((_, n) => n % tensors === 0),
            estimator,
          ),
          shared$.pipe(map(() => "observed" as const)),
        ),
      ),
      scan(
        ({ observed, answered, ranges }: Holding, event): Holding =>
          answer(
            tensors,
            event === "observed"
              ? { observed: observed + 1, answered, ranges }
              : { observed, answered, ranges: [...ranges, event] },
          ),
        { observed: 0, answered: 0, ranges: [], out: [] },
      ),
      concatMap(({ out }) => from(out)),
    );
  withDefaults(heldCombinator.options, { tensors }, "held");
  const name = optionedName(combinedName("held", estimator), heldCombinator.options, { tensors });
  return named(name, measures(estimator.measures, monotone(estimator.isMonotone, madeOf(held, estimator))));
};

/** `held` in the catalogue of combinators of estimators. */
export const heldCombinator = combinatorEntry({
  name: "held",
  summary: "E at every Nth tensor; its range is kept for those in between",
  source: "arXiv:2609.02846, there for tensor scales",
  options: { tensors: tensorCount(50, "number of tensors from one that E observes to the next") },
  make:
    ({ tensors }) =>
    (estimator) =>
      heldFor(tensors, estimator),
});
