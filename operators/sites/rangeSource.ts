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
import { filter, firstValueFrom, map, Subject, startWith, type Unsubscribable } from "rxjs";
import { problem, RangeflowFailure, thrownText } from "../../core/errors.ts";
import type { Eventual } from "../../core/eventual.ts";
import type { Range } from "../../core/range.ts";
import { startingFrom } from "../../quantizers/estimators/startingFrom.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import type { Scope } from "../module/module.ts";
import { openEstimator } from "./openEstimator.ts";
import { rangeQueue } from "./rangeQueue.ts";
import { replayedPast } from "./replayedPast.ts";
import type { Ranges } from "./replayRange.ts";

/** Source of the ranges of a site: an estimator, or a parameter that is learned. */
export interface RangeSource extends Ranges, Unsubscribable {
  /** Done when the recorded past of the site has been replayed; nothing is asked before. Fails where that was not as recorded. */
  readonly ready: () => Eventual<void>;
  /** The range that is ahead, or else that of the newest tensor; undefined before the first one. */
  readonly newest: (step: number) => Range | undefined;
}

/** How an estimator has ended: it may still have ranges for tensors to come, unless it has failed. */
type End =
  | { readonly _tag: "Completed" }
  | { readonly _tag: "Failed"; readonly found: string; readonly cause?: unknown };

/**
 * Subscribes one site to its estimator.
 *
 * @param scope its `firstRange` is the first range of the estimator, where it gives one; its `history` is what the site has seen in the run that is resumed: the estimator gets it again and has to give the ranges
 *   that it gave, so that any estimator is where it was without code for saving. `watch` makes the calls of the estimator; `patience` wraps
 *   the wait for a range that does not come at once, and what it fails with is named as the estimator's
 */
export const rangeSource = (
  site: string,
  { name, estimator }: NamedEstimator,
  { history, firstRange, patience, watch }: Pick<Scope, "history" | "firstRange" | "patience" | "watch">,
): RangeSource => {
  const failure = (step: number, found: string, expected = "one range for every tensor"): RangeflowFailure =>
    new RangeflowFailure(problem(`${site}, step ${step}`, `estimator ${name} ${found}`, expected));

  const queue = rangeQueue(failure);
  let end: End | undefined;
  /** Emits when something has changed, while a tensor waits for its range. */
  let changed$: Subject<void> | undefined;
  const first = firstRange?.(site);
  const opened = openEstimator(
    first === undefined ? estimator : startingFrom(first, estimator),
    watch(`${site}, estimator ${name}`),
    {
      next: (range, isAtOnce) => {
        const hasRoom = queue.add(range, isAtOnce);
        if (!hasRoom) end = { _tag: "Failed", found: `is ${queue.waiting()} ranges ahead of its tensors` };
        changed$?.next();
        return hasRoom;
      },
      error: (cause) => {
        end = { _tag: "Failed", found: `failed: ${thrownText(cause)}`, cause };
        changed$?.next();
      },
      complete: () => {
        end = { _tag: "Completed" };
        changed$?.next();
      },
    },
  );

  const check = (step: number): void => {
    if (end?._tag !== "Failed") return;
    const { found, cause } = end;
    throw Object.assign(failure(step, found), cause !== undefined && { cause });
  };

  const use = (step: number): Range | undefined => {
    check(step);
    if (end && queue.waiting() === 0) throw failure(step, `completed after ${queue.given()} ranges`);
    return queue.take(step);
  };

  /** Failure of a wait: what is known to be wrong, or that no answer came. */
  const impatient =
    (step: number) =>
    (error: unknown): never => {
      throw error instanceof RangeflowFailure ? error : failure(step, `gave no answer: ${thrownText(error)}`);
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

  const ranges: Ranges = {
    ahead: queue.ahead,
    useAhead: (stat, step) => {
      use(step);
      opened.observe(stat, step);
      check(step);
    },
    ask: (stat, step) => {
      opened.observe(stat, step);
      return use(step) ?? late(step);
    },
  };
  return {
    ...ranges,
    newest: (step) => queue.ahead(step) ?? queue.last(),
    ready: replayedPast(ranges, name, history(site)),
    unsubscribe: () => {
      opened.unsubscribe();
      changed$?.complete();
    },
  };
};
