import { from, type Observable, skip, startWith } from "rxjs";
import { madeOf } from "../../core/madeOf.ts";
import { named } from "../../core/named.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import { measures, type RangeEstimator } from "./estimator.ts";

/**
 * The same estimator with another first range, which is there before the first tensor: where a site begins with a range that somebody has
 * calibrated. An average begins with it (`RangeEstimator.startingAt`); of all others the later ranges are their own.
 *
 *     observed         --a--b--c--|
 *     estimator        --A--B--C--|
 *     from z           z----B--C--|     the first tensor is static
 *     in hindsight     --(AA)--B--C--|
 *     from z           z-A-----B--C--|     of an average, A is that of z and a
 *
 * One that measures tensors measures all of them, since the first one does not wait.
 *
 * @example
 * const stats$ = from([[0, 1], [0, 2]].map((x) => statOf(x)));
 * stats$.pipe(startingFrom({ lo: 0, hi: 9 }, currentMinMax())); // [{ lo: 0, hi: 9 }, { lo: 0, hi: 2 }]
 * stats$.pipe(startingFrom({ lo: 0, hi: 9 }, inHindsight({ decay: 0.5 }))); // [{ lo: 0, hi: 9 }, { lo: 0, hi: 5 }, { lo: 0, hi: 3.5 }]
 */
export const startingFrom = (first: Range, estimator: RangeEstimator): RangeEstimator => {
  const later: RangeEstimator = madeOf(
    (observed$: Observable<RangeStat>) => from(estimator(observed$)).pipe(skip(1), startWith(first)),
    estimator,
  );
  return named(estimator.name, estimator.startingAt?.(first) ?? measures(estimator.measures && "all", later));
};
