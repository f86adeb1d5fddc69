import { from, type Observable, skip, startWith } from "rxjs";
import { named } from "../../core/named.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import { measures, type RangeEstimator } from "./estimator.ts";

/**
 * The same estimator with another first range, which is there before the first tensor: where a site begins with a range that somebody has
 * calibrated. All later ones are its own.
 *
 *     observed         --a--b--c--|
 *     estimator        --A--B--C--|
 *     from z           z----B--C--|     the first tensor is static
 *     in hindsight     --(AA)--B--C--|
 *     from z           z-A-----B--C--|
 *
 * One that measures tensors measures all of them, since the first one does not wait.
 *
 * @example
 * const stats$ = from([[0, 1], [0, 2]].map((x) => statOf(x)));
 * stats$.pipe(startingFrom({ lo: 0, hi: 9 }, currentMinMax())); // [{ lo: 0, hi: 9 }, { lo: 0, hi: 2 }]
 */
export const startingFrom = (first: Range, estimator: RangeEstimator): RangeEstimator =>
  named(
    estimator.name,
    measures(estimator.measures && "all", (observed$: Observable<RangeStat>) =>
      from(estimator(observed$)).pipe(skip(1), startWith(first)),
    ),
  );
