import { map, startWith } from "rxjs";
import type { Range } from "../../core/range.ts";
import type { RangeEstimator } from "./estimator.ts";

/** One range for all tensors, always there before them. */
export const fixed =
  (range: Range): RangeEstimator =>
  (observed$) =>
    observed$.pipe(
      map(() => range),
      startWith(range),
    );
