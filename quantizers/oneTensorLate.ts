import { type MonoTypeOperatorFunction, Observable, startWith, tap } from "rxjs";
import type { Range } from "../core/range.ts";
import type { RangeEstimator } from "./estimator.ts";

/** Emits the first range twice. */
const firstTwice: MonoTypeOperatorFunction<Range> = (range$) =>
  new Observable((subscriber) => {
    let isFirst = true;
    return range$
      .pipe(
        tap((range) => {
          if (!isFirst) return;
          isFirst = false;
          subscriber.next(range);
        }),
      )
      .subscribe(subscriber);
  });

/**
 * Any estimator, one tensor late: what it makes of the tensors before n is there when tensor n is made.
 *
 *     observed              --a-----b--c--|
 *     estimator             --A-----B--C--|
 *     with a `first` of z   z-A-----B--C--|     static from the first tensor on
 *     without               --(AA)--B--C--|     the first tensor is dynamic; its range serves for the second too
 *
 * @param first the range for the first tensor, from a calibration
 */
export const oneTensorLate =
  (estimator: RangeEstimator, first?: Range): RangeEstimator =>
  (observed$) =>
    observed$.pipe(estimator, first === undefined ? firstTwice : startWith(first));
