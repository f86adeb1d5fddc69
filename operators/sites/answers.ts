/** @file What an estimator answers at one site: its n-th range, kept until the n-th tensor comes, or waited for. */
import {
  defer,
  filter,
  firstValueFrom,
  map,
  Observable,
  Subject,
  type Subscriber,
  startWith,
  type Unsubscribable,
} from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Eventual } from "../../core/eventual.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";

export interface Answers extends Unsubscribable {
  /** The range for the next tensor, if it is already there. */
  readonly ahead: () => Range | undefined;
  /** The range of the last tensor, or a newer one: what evaluation uses. */
  readonly newest: () => Range | undefined;
  /** Uses up the range that was ahead, and then emits what was seen of its tensor. */
  readonly useAhead: (stat: RangeStat, step: number) => void;
  /** Emits what was seen of the next tensor, and gives the range that answers it, at once or when it comes. */
  readonly ask: (stat: RangeStat, step: number) => Eventual<Range>;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isRange = (range: Range | null | undefined): range is Range =>
  Number.isFinite(range?.lo) && Number.isFinite(range?.hi) && range!.lo <= range!.hi;

/** Whatever an estimator gave, for a sentence. */
const textOf = (range: Range | null | undefined): string =>
  typeof range === "object" && range !== null ? `the range [${range.lo}, ${range.hi}]` : String(range);

/**
 * Subscribes one site to its estimator.
 *
 * @param history statistics of a run that is resumed: the estimator sees them again, and what it answers to them is dropped,
 *   so that any estimator is where it was without code for saving
 * @param patience wraps the wait for an answer that does not come at once; what it fails with is named as the estimator's
 */
export const answersOf = (
  site: string,
  { name, estimator }: NamedEstimator,
  history: readonly RangeStat[],
  patience: <T>(answer$: Observable<T>) => Observable<T>,
): Answers => {
  let observers: readonly Subscriber<RangeStat>[] = [];
  /** A subject without its guard against errors of observers, who here are always estimators: 270 to 160 ns a statistic. */
  const observed$ = new Observable<RangeStat>((subscriber) => {
    observers = [...observers, subscriber];
    return () => {
      observers = observers.filter((other) => other !== subscriber);
    };
  });
  const observe = (stat: RangeStat): void => {
    for (const observer of observers) observer.next(stat);
  };
  /** There while a tensor waits for its range: something has changed. */
  let changed$: Subject<void> | undefined;
  const ranges: Range[] = [];
  let emitted = 0;
  let used = 0;
  let newest: Range | undefined;
  let failed: string | undefined;
  let completed = false;

  const subscription = defer(() => estimator(observed$)).subscribe({
    next: (range) => {
      newest = range;
      if (emitted++ >= used) ranges.push(range);
      changed$?.next();
    },
    error: (error: unknown) => {
      failed = `failed: ${reasonOf(error)}`;
      changed$?.next();
    },
    complete: () => {
      completed = true;
      changed$?.next();
    },
  });

  const failure = (step: number, found: string, expected = "one range for every tensor"): RangeflowFailure =>
    new RangeflowFailure(problem(`${site}, step ${step}`, `estimator ${name} ${found}`, expected));

  const check = (step: number): void => {
    if (failed !== undefined) throw failure(step, failed);
  };

  /** What a wait failed with: what is known to be wrong, or that no answer came. */
  const impatient =
    (step: number) =>
    (error: unknown): never => {
      throw error instanceof RangeflowFailure ? error : failure(step, `gave no answer: ${reasonOf(error)}`);
    };

  const use = (step: number): Range | undefined => {
    check(step);
    if (ranges.length === 0 && completed) throw failure(step, `completed after ${emitted} ranges`);
    if (ranges.length === 0) return undefined;
    used++;
    const range = ranges.shift();
    if (!isRange(range)) throw failure(step, `gave ${textOf(range)}`, "finite numbers with lo <= hi");
    return range;
  };

  const late = (step: number): Promise<Range> => {
    changed$ = new Subject();
    const range$ = changed$.pipe(
      startWith(undefined),
      map(() => use(step)),
      filter((range) => range !== undefined),
    );
    return firstValueFrom(patience(range$))
      .catch(impatient(step))
      .finally(() => {
        changed$ = undefined;
      });
  };

  for (const stat of history) observe(stat);
  used = history.length;
  ranges.splice(0, used);

  return {
    ahead: () => ranges[0],
    newest: () => ranges[0] ?? newest,
    useAhead: (stat, step) => {
      use(step);
      observe(stat);
      check(step);
    },
    ask: (stat, step) => {
      observe(stat);
      return use(step) ?? late(step);
    },
    unsubscribe: () => {
      subscription.unsubscribe();
      changed$?.complete();
    },
  };
};
