/** @file A subscribed estimator: statistics go in, ranges come out. */
import { from, Observable, type Subscriber, type Unsubscribable } from "rxjs";
import type { Range, RangeStat } from "../../core/range.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import type { Scope } from "../module/module.ts";

/** Callbacks for what an estimator emits. */
export interface EstimatorHeard {
  /**
   * A range.
   *
   * @param isAtOnce whether it came during the subscription, or during a call of `observe`
   * @returns whether more ranges are wanted
   */
  readonly next: (range: Range, isAtOnce: boolean) => boolean;
  readonly error: (error: unknown) => void;
  readonly complete: () => void;
}

/** A subscribed estimator. */
export interface OpenEstimator extends Unsubscribable {
  /** Passes it the statistics of the tensor of a step. */
  readonly observe: (stat: RangeStat, step: number) => void;
}

/**
 * Subscribes to an estimator.
 *
 * @param watched makes its calls, and names what they throw
 */
export const openEstimator = (
  estimator: RangeEstimator,
  watched: ReturnType<Scope["watch"]>,
  heard: EstimatorHeard,
): OpenEstimator => {
  let observers: readonly Subscriber<RangeStat>[] = [];
  // A subject without protection against throwing observers, who are always estimators here: 160 instead of 270 ns per statistic.
  const observed$ = new Observable<RangeStat>((subscriber) => {
    observers = [...observers, subscriber];
    return () => {
      observers = observers.filter((other) => other !== subscriber);
    };
  });
  let isAtOnce = true;
  let unsubscribe = (): void => {};
  const subscription = new Observable<Range>((ranges) => {
    unsubscribe = () => ranges.unsubscribe();
    return watched(0, () => from(estimator(observed$)).subscribe(ranges));
  }).subscribe({
    next: (range) => {
      if (!heard.next(range, isAtOnce)) unsubscribe();
    },
    error: heard.error,
    complete: heard.complete,
  });
  isAtOnce = false;
  return {
    observe: (stat, step) => {
      isAtOnce = true;
      // A copy, because the statistic is also recorded and passed on, whatever the estimator does with it.
      const own = { ...stat };
      watched(step, () => {
        for (const observer of observers) observer.next(own);
      });
      isAtOnce = false;
    },
    unsubscribe: () => subscription.unsubscribe(),
  };
};
