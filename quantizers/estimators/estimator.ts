/**
 * @file Range estimators: they turn observed ranges into the ranges to quantize with.
 *
 * A range estimator is any function from a stream of statistics to a stream of ranges, whose n-th range is for the n-th
 * tensor. It is not declared static or dynamic; its timing decides. One that emits a range after each statistic is
 * dynamic. One that emits a range before the first statistic, and then one after each, is in hindsight: the range of a
 * tensor is known before the tensor is. The built-in estimators are pure folds, lifted to streams by one `map`; their
 * state is immutable and belongs to the subscription.
 */
import { defer, map, type Observable } from "rxjs";
import { madeOf } from "../../core/madeOf.ts";
import { type Measure, notMeasured } from "../../core/measure.ts";
import { named } from "../../core/named.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import { deepCopy } from "../../core/readsOnly.ts";

/**
 * Turns a stream of statistics into a stream of ranges; the n-th range is for the n-th tensor. Any such function is a
 * range estimator.
 */
export interface RangeEstimator {
  (observed$: Observable<RangeStat>): Observable<Range>;
  /**
   * Whether it measures the tensors themselves (`RangeStat.measure`): `waiting`, only tensors that wait for their
   * range; `all`, also tensors whose range was known before them, which a site then writes to memory for it. Default:
   * neither, so a statistic has no `measure`.
   */
  readonly measures?: Measures;
  /**
   * Whether the estimator is monotone. Take two sequences of tensors, each tensor of the first within the extremes of
   * its counterpart in the second: then each range for the first must lie within its counterpart for the second, and be
   * emitted at the same time. Bounds on tensors then give bounds on ranges. Default: false.
   */
  readonly isMonotone?: boolean;
  /**
   * The same estimator with a first range, which is emitted before the first tensor and is the initial state, e.g. of a
   * moving average. Without this method, `startingFrom` replaces the first range only.
   */
  readonly startingAt?: (first: Range) => RangeEstimator;
}

/** The tensors that an estimator measures: those that wait for their range, or all. */
export type Measures = "waiting" | "all";

/** A copy of an estimator with further properties; the estimator itself is not changed. */
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

/** The estimator under another name; the estimator itself keeps its own. */
export const renamed = (name: string, estimator: RangeEstimator): RangeEstimator =>
  named(name, saying(estimator, {}));

/** A copy of the estimator that declares which tensors it measures; the estimator itself for `undefined`. */
export const measures = (which: Measures | undefined, estimator: RangeEstimator): RangeEstimator =>
  which === undefined ? estimator : saying(estimator, { measures: which });

/** A copy of the estimator that is declared monotone (`RangeEstimator.isMonotone`); the estimator itself if it is not. */
export const monotone = (isMonotone: boolean | undefined, estimator: RangeEstimator): RangeEstimator =>
  isMonotone ? saying(estimator, { isMonotone }) : estimator;

/** A copy of the estimator that can start with a range (`RangeEstimator.startingAt`). */
export const startable = (
  startingAt: NonNullable<RangeEstimator["startingAt"]>,
  estimator: RangeEstimator,
): RangeEstimator => saying(estimator, { startingAt });

/** Name of a combination of estimators, e.g. `frozen(percentile)`; empty if one of them has no name. */
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

/** The measuring function of a statistic. For a statistic without a tensor or a recorded answer, it throws and says why. */
export const measureOf = ({ measure }: RangeStat): Measure => measure ?? unmeasured;

/** An estimator as a fold, three pure functions over an immutable state S. */
export interface Estimator<S> {
  /** Name in rules, tables and recordings, such as `widest`. Default: none; rules then refuse the estimator, unless they name it. */
  readonly name?: string;
  /** State before the first tensor; copied for each site. Instances of classes are not copied, so do not change them. */
  readonly init: S;
  /** State after one more tensor. */
  readonly step: (state: S, observed: RangeStat) => S;
  /** The range to use in a state. */
  readonly read: (state: S) => Range;
}

/**
 * Makes a dynamic range estimator of a fold: emits, for each statistic, the range read from the state after it.
 * Completes and fails with its source; each subscription has a state of its own.
 *
 * @example
 * // The widest range so far, 0 included.
 * const widest = estimate<Range>({
 *   name: "widest",
 *   init: { lo: 0, hi: 0 },
 *   step: ({ lo, hi }, { min, max }) => ({ lo: Math.min(lo, min), hi: Math.max(hi, max) }),
 *   read: (range) => range,
 * });
 * from([[-1, 2], [-3, 1]].map((x) => statOf(x))).pipe(widest); // [{ lo: -1, hi: 2 }, { lo: -3, hi: 2 }]
 */
export const estimate = <S>({ name, init, step, read }: Estimator<S>): RangeEstimator => {
  const fold = madeOf(
    (observed$: Observable<RangeStat>) =>
      defer(() => {
        let state = deepCopy(init);
        return observed$.pipe(
          map((observed) => {
            state = step(state, observed);
            const range = read(state);
            // A copy, because a step may change the state in which the range is.
            return typeof range === "object" && range !== null ? { ...range } : range;
          }),
        );
      }),
    step,
    read,
  );
  return named(name ?? "", fold);
};
