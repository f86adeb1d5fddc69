/**
 * @file Range estimators: how observed ranges become the ranges to quantize with.
 *
 * A range estimator is any function from a stream of statistics to a stream of ranges; its n-th range is for the n-th tensor.
 * Nothing declares itself static or dynamic: one that answers each statistic is dynamic, one whose answers lead its
 * questions by one is in-hindsight. The built-in ones are folds that know nothing of streams, lifted by one `map`; their
 * state is immutable data that belongs to the subscription.
 */
import { defer, map, type Observable } from "rxjs";
import { madeOf } from "../../core/madeOf.ts";
import { type Measure, notMeasured } from "../../core/measure.ts";
import type { Range, RangeStat } from "../../core/range.ts";

/** The n-th range that it emits is the range for the n-th tensor. Any function of statistics to ranges is one. */
export interface RangeEstimator {
  (observed$: Observable<RangeStat>): Observable<Range>;
  /**
   * Whether it measures the tensors themselves (`RangeStat.measure`): those that wait for its answer, or also those whose range
   * was there before them, which a site then writes to memory for it. Without this a statistic has nothing to measure.
   */
  readonly measures?: Measures;
  /**
   * Whether tensors that lie within others are answered by ranges within those of the others, and as early: of two sequences, where each
   * tensor of one lies between the ends of that of the other. So what is known of tensors within bounds is known of ranges. No where missing.
   */
  readonly isMonotone?: boolean;
  /**
   * The same estimator with a first range that is there before the first tensor, and that its state begins with, as an average does. One without
   * it answers from the second tensor on as if there had been none.
   */
  readonly startingAt?: (first: Range) => RangeEstimator;
}

/** Tensors that an estimator measures: those that wait for their range, or all. */
export type Measures = "waiting" | "all";

/** A copy of an estimator with further properties, which leaves the estimator itself as it is. */
const saying = (
  estimator: RangeEstimator,
  more: Partial<Pick<RangeEstimator, "measures" | "isMonotone" | "startingAt">>,
): RangeEstimator => {
  const { measures, isMonotone, startingAt } = estimator;
  return Object.assign(
    madeOf((observed$: Observable<RangeStat>) => estimator(observed$), estimator),
    { ...(measures && { measures }), ...(isMonotone && { isMonotone }), ...(startingAt && { startingAt }) },
    more,
  );
};

/** The same estimator, which says that it measures; or as it is. */
export const measures = (which: Measures | undefined, estimator: RangeEstimator): RangeEstimator =>
  which === undefined ? estimator : saying(estimator, { measures: which });

/** The same estimator, which says whether it is monotone (`RangeEstimator.isMonotone`); or as it is. */
export const monotone = (isMonotone: boolean | undefined, estimator: RangeEstimator): RangeEstimator =>
  isMonotone ? saying(estimator, { isMonotone }) : estimator;

/** The same estimator, which can begin with a range (`RangeEstimator.startingAt`). */
export const startable = (
  startingAt: NonNullable<RangeEstimator["startingAt"]>,
  estimator: RangeEstimator,
): RangeEstimator => saying(estimator, { startingAt });

/** The name of a combination of estimators: `frozen(percentile)`; none where one of them has none. */
export const combinedName = (name: string, ...inner: readonly RangeEstimator[]): string =>
  inner.every((estimator) => estimator.name !== "")
    ? `${name}(${inner.map((estimator) => estimator.name).join(",")})`
    : "";

const unmeasured: Measure = (question, answer) => {
  throw notMeasured(
    answer,
    `the tensor was not asked for "${question}" when it was recorded; record histograms (--histogram-every 1) to ask later, and say of an estimator of your own that it asks, by measures("waiting", estimator)`,
  );
};

/** Measurements that a statistic can be asked for; one without a tensor, or a memory of one, answers nothing and says why. */
export const measureOf = ({ measure }: RangeStat): Measure => measure ?? unmeasured;

/** Three pure functions: the state before the first tensor, the state after one more, the range that a state stands for. */
export interface Estimator<S> {
  readonly init: S;
  readonly step: (state: S, observed: RangeStat) => S;
  readonly read: (state: S) => Range;
}

/**
 * Emits, for each observation, the range to use from it; completes and fails with its source.
 *
 * @example
 * // The widest range so far, 0 included.
 * const widest = estimate<Range>({
 *   init: { lo: 0, hi: 0 },
 *   step: ({ lo, hi }, { min, max }) => ({ lo: Math.min(lo, min), hi: Math.max(hi, max) }),
 *   read: (range) => range,
 * });
 * from([[-1, 2], [-3, 1]].map((x) => statOf(x))).pipe(widest); // [{ lo: -1, hi: 2 }, { lo: -3, hi: 2 }]
 */
export const estimate = <S>({ init, step, read }: Estimator<S>): RangeEstimator =>
  madeOf(
    (observed$: Observable<RangeStat>) =>
      defer(() => {
        let state = init;
        return observed$.pipe(
          map((observed) => {
            state = step(state, observed);
            return read(state);
          }),
        );
      }),
    step,
    read,
  );
