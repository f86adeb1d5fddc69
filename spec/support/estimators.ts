/** @file An estimator as a site sees it: which range each tensor is quantized with, and whether that was there before it. */
import { Subject } from "rxjs";
import type { Range, RangeStat } from "../../core/range.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";

export interface Used {
  readonly range: Range;
  readonly isStatic: boolean;
}

/** Asks an estimator that answers at once, tensor by tensor. */
export const used = (estimator: RangeEstimator, stats: readonly RangeStat[]): readonly Used[] => {
  const observed$ = new Subject<RangeStat>();
  const ranges: Range[] = [];
  const subscription = estimator(observed$).subscribe((range) => ranges.push(range));
  const found = stats.map((stat, n) => {
    const isStatic = ranges.length > n;
    observed$.next(stat);
    const range = ranges[n];
    if (range === undefined) throw new Error(`no range for tensor ${n}`);
    return { range, isStatic };
  });
  subscription.unsubscribe();
  return found;
};
