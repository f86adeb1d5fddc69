import { from, type Observable, skip, startWith } from "rxjs";
import { madeOf } from "../../core/madeOf.ts";
import { named } from "../../core/named.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import { measures, type RangeEstimator } from "./estimator.ts";

/**
 * Replaces the first range of an estimator by a calibrated one, which is known before the first tensor. A moving
 * average also starts with it (`RangeEstimator.startingAt`); the later ranges of other estimators stay the same.
 *
 *     observed         --a--b--c--|
 *     estimator        --A--B--C--|
 *     from z           z----B--C--|     the first tensor is static
 *     in hindsight     --(AA)--B--C--|
 *     from z           z-A-----B--C--|     if it is an average, A is that of z and a
 *
 * An estimator that measures tensors must then measure all of them, because the first does not wait for its range.
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
