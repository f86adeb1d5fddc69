/** @file An estimator that is subscribed to: it is given statistics, and what it gives is heard. */
import { from, Observable, type Subscriber, type Unsubscribable } from "rxjs";
import type { Range, RangeStat } from "../../core/range.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import type { Scope } from "../module/module.ts";

/** What is heard of an estimator. */
export interface EstimatorHeard {
  /**
   * A range.
   *
   * @param isAtOnce whether it came when the estimator was subscribed to, or while it was given a statistic
   * @returns whether more are wanted
   */
  readonly next: (range: Range, isAtOnce: boolean) => boolean;
  readonly error: (error: unknown) => void;
  readonly complete: () => void;
}

export interface OpenEstimator extends Unsubscribable {
  /** Gives it the statistic of the tensor of a step. */
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
  // A subject without its guard against errors of observers, who here are always estimators: 160 ns a statistic instead of 270.
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
      // A copy, because the statistic is recorded and told to others, whatever an estimator does with it.
      const own = { ...stat };
      watched(step, () => {
        for (const observer of observers) observer.next(own);
      });
      isAtOnce = false;
    },
    unsubscribe: () => subscription.unsubscribe(),
  };
};
