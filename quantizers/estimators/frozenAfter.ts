import { concatMap, connect, map, merge, of, skip, take, withLatestFrom } from "rxjs";
import { measures, type RangeEstimator } from "./estimator.ts";

/**
 * An estimator that learns from the first `tensors` tensors (at least 1) and then keeps its last range for ever, ahead of
 * every tensor, so that even a dynamic estimator becomes static.
 *
 *     observed                     --a--b-----c--d--|
 *     frozenAfter(2, dynamic one)  --A--(BB)--B--B--|
 */
export const frozenAfter = (tensors: number, estimator: RangeEstimator): RangeEstimator =>
  measures(estimator.measures, (observed$) =>
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
    ),
  );
