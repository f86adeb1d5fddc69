import { connect, merge, startWith, take } from "rxjs";
import type { Range } from "../core/range.ts";
import type { RangeEstimator } from "./estimator.ts";

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
    first === undefined
      ? observed$.pipe(
          estimator,
          connect((range$) => merge(range$.pipe(take(1)), range$)),
        )
      : observed$.pipe(estimator, startWith(first));
