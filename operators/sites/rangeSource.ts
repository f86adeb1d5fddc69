/**
 * @file Where the ranges of a site come from: its estimator's n-th range, kept until the n-th tensor comes, or waited for.
 *
 * Ranges are counted, not timed, so that nothing in a run depends on the clock. After N tensors that were observed,
 *
 *     ahead    range N, if the estimator gave it at once: when it was subscribed to, or while it was given a statistic
 *     newest   the range that is ahead, else range N - 1, that of the newest tensor; none while N is 0
 *
 * A range that comes by itself, from a timer, a promise or another thread, serves its tensor all the same, and the tensor waits for
 * it. It is never ahead, not even where it comes in time, because a run that is slower, or was resumed, would not find it there.
 * Evaluation takes the newest range, and so do tensors from which nothing can be learned: it is the same in a run, in one that was
 * resumed, and in a checkpoint that is evaluated.
 */
import {
  filter,
  firstValueFrom,
  from,
  map,
  Observable,
  Subject,
  type Subscriber,
  startWith,
  type Unsubscribable,
} from "rxjs";
import { problem, RangeflowFailure, thrownText } from "../../core/errors.ts";
import { type Eventual, isPromise } from "../../core/eventual.ts";
import { type Range, type RangeStat, usableRange } from "../../core/range.ts";
import { startingFrom } from "../../quantizers/estimators/startingFrom.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import type { Scope } from "../module/module.ts";
import { drive, type Task } from "../step/task.ts";
import { givenRange } from "./givenRange.ts";
import { type Ranges, replayRange } from "./replayRange.ts";

/** Source of the ranges of a site: an estimator, or a parameter that is learned. */
export interface RangeSource extends Ranges, Unsubscribable {
  /** Done when the recorded past of the site has been replayed; nothing is asked before. Fails where that was not as recorded. */
  readonly ready: () => Eventual<void>;
  /** The range that is ahead, or else that of the newest tensor; undefined before the first one. */
  readonly newest: (step: number) => Range | undefined;
}

/** A range that no tensor has used yet, or what was given instead of one. */
interface Given {
  readonly range: Range | string;
  readonly isAtOnce: boolean;
}

/** So many ranges may wait for tensors to come: one that emits without end would fill the memory. */
const mostAhead = 2 ** 20;

/** Tensors in a row at which one more range waits than at the one before: an estimator that leads does not lead by more and more. */
const mostGrowth = 100;

/**
 * Subscribes one site to its estimator.
 *
 * @param scope its `firstRange` is the first range of the estimator, where it gives one; its `history` is what the site has seen in the run that is resumed: the estimator gets it again and has to give the ranges
 *   that it gave, so that any estimator is where it was without code for saving. `watch` makes the calls of the estimator; `patience` wraps
 *   the wait for a range that does not come at once, and what it fails with is named as the estimator's
 */
export const rangeSource = (
  site: string,
  { name, estimator: own }: NamedEstimator,
  { history, firstRange, patience, watch }: Pick<Scope, "history" | "firstRange" | "patience" | "watch">,
): RangeSource => {
  const first = firstRange?.(site);
  const estimator = first === undefined ? own : startingFrom(first, own);
  const watched = watch(`${site}, estimator ${name}`);
  let observers: readonly Subscriber<RangeStat>[] = [];
  /** A subject without its guard against errors of observers, who here are always estimators: 270 to 160 ns a statistic. */
  const observed$ = new Observable<RangeStat>((subscriber) => {
    observers = [...observers, subscriber];
    return () => {
      observers = observers.filter((other) => other !== subscriber);
    };
  });
  /** True while the estimator is subscribed to, or given a statistic: what it emits then is there at once. */
  let isAtOnce = true;
  const observe = (stat: RangeStat, step: number): void => {
    isAtOnce = true;
    // A copy, because the statistic is recorded and told to others, whatever an estimator does with it.
    const own = { ...stat };
    watched(step, () => {
      for (const observer of observers) observer.next(own);
    });
    isAtOnce = false;
  };
  /** Emits when something has changed, while a tensor waits for its range. */
  let changed$: Subject<void> | undefined;
  const given: Given[] = [];
  let emitted = 0;
  let last: Range | undefined;
  /** Ranges that waited after the last tensor, and for how many tensors in a row they have become more. */
  let waiting = 0;
  let growth = 0;
  let failed: string | undefined;
  /** What the estimator has thrown, if it has failed by that. */
  let cause: unknown;
  let completed = false;
  let unsubscribe = (): void => {};

  const subscription = new Observable<Range>((ranges) => {
    unsubscribe = () => ranges.unsubscribe();
    return watched(0, () => from(estimator(observed$)).subscribe(ranges));
  }).subscribe({
    next: (range) => {
      emitted++;
      given.push({ range: givenRange(range), isAtOnce });
      if (given.length > mostAhead) {
        failed = `is ${given.length} ranges ahead of its tensors`;
        unsubscribe();
      }
      changed$?.next();
    },
    error: (error: unknown) => {
      failed = `failed: ${thrownText(error)}`;
      cause = error;
      changed$?.next();
    },
    complete: () => {
      completed = true;
      changed$?.next();
    },
  });
  isAtOnce = false;

  const failure = (step: number, found: string, expected = "one range for every tensor"): RangeflowFailure =>
    Object.assign(
      new RangeflowFailure(problem(`${site}, step ${step}`, `estimator ${name} ${found}`, expected)),
      cause !== undefined && { cause },
    );

  const check = (step: number): void => {
    if (failed !== undefined) throw failure(step, failed);
  };

  /** Failure of a wait: what is known to be wrong, or that no answer came. */
  const impatient =
    (step: number) =>
    (error: unknown): never => {
      throw error instanceof RangeflowFailure ? error : failure(step, `gave no answer: ${thrownText(error)}`);
    };

  /** Range that was given, if it can be used. */
  const checked = ({ range }: Given, step: number): Range => {
    if (typeof range === "string") throw failure(step, `gave ${range}`, usableRange);
    return range;
  };

  const use = (step: number): Range | undefined => {
    check(step);
    if (given.length === 0 && completed) throw failure(step, `completed after ${emitted} ranges`);
    const next = given.shift();
    if (next === undefined) return undefined;
    growth = given.length > waiting ? growth + 1 : 0;
    waiting = given.length;
    if (growth > mostGrowth)
      throw failure(step, `gave more than one range for each of the last ${growth} tensors`);
    last = checked(next, step);
    return last;
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

  const ahead = (step: number): Range | undefined =>
    given[0]?.isAtOnce ? checked(given[0], step) : undefined;

  const ranges: Ranges = {
    ahead,
    useAhead: (stat, step) => {
      use(step);
      observe(stat, step);
      check(step);
    },
    ask: (stat, step) => {
      observe(stat, step);
      return use(step) ?? late(step);
    },
  };

  function* replayPast(): Task<void> {
    for (const recorded of history(site)) yield* replayRange(ranges, name, recorded);
  }
  let replaying: Eventual<void> | undefined;
  let refused: { readonly error: unknown } | undefined;
  try {
    replaying = drive(replayPast());
  } catch (error) {
    refused = { error };
  }
  if (isPromise(replaying))
    replaying.then(
      () => {
        replaying = undefined;
      },
      // Heard of by the first who asks.
      () => {},
    );

  return {
    ...ranges,
    newest: (step) => ahead(step) ?? last,
    ready: () => {
      if (refused) throw refused.error;
      return replaying;
    },
    unsubscribe: () => {
      subscription.unsubscribe();
      changed$?.complete();
    },
  };
};
