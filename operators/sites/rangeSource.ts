/**
 * @file Source of a site's ranges: the n-th range of its estimator, kept until the n-th tensor comes, or waited for.
 *
 * Ranges are counted, so that nothing in a run depends on the clock. After N observed tensors,
 *
 *     ahead    range N, if the estimator emitted it synchronously: when it was subscribed to, or when it received a statistic
 *     newest   the range ahead, otherwise range N - 1, that of the newest tensor; none while N is 0
 *
 * A range that arrives asynchronously, from a timer, a promise or another thread, is also used for its tensor, which waits for it.
 * It is never ahead, even if it arrives in time, because a slower or resumed run might not have it at that point. Evaluation and
 * tensors that are empty, all zero or not finite use the newest range: it is the same in a run, in a resumed run, and in the evaluation of a
 * checkpoint.
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

/** Source of a site's ranges: an estimator, or a learned parameter. */
export interface RangeSource extends Ranges, Unsubscribable {
  /**
   * Done when the recorded past of the site has been replayed; must be called first. Fails if the replay differs from the
   * recording.
   */
  readonly ready: () => Eventual<void>;
  /** The range ahead, otherwise that of the newest tensor; `undefined` before the first. */
  readonly newest: (step: number) => Range | undefined;
}

/** How an estimator has ended. It may have left ranges for tensors to come, unless it has failed. */
type End =
  | { readonly _tag: "Completed" }
  | { readonly _tag: "Failed"; readonly found: string; readonly cause?: unknown };

/**
 * Subscribes to the estimator of a site.
 *
 * @param scope `firstRange` gives the estimator's first range, if any. `history` is the past of the site in the run that is
 *   resumed: the estimator receives it again and must emit the same ranges, so that any estimator can be resumed without code to
 *   save its state. `watch` makes the calls of the estimator. `patience` limits the wait for an asynchronous range; its failure is
 *   reported as the estimator's.
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
  /** Emits on every change while a tensor waits for its range. */
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

  /** Failure of a wait: a known error, or that no range came in time. */
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
