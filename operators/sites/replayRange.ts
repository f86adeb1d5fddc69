/** @file The range that an estimator gives for a recorded tensor, held against the one that was recorded. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Eventual } from "../../core/eventual.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { Recorded } from "../module/module.ts";
import { type Task, wait } from "../step/task.ts";

/** Ranges, tensor by tensor. */
export interface Ranges {
  /** The range for the next tensor, if it is already there. */
  readonly ahead: (step: number) => Range | undefined;
  /** Uses up the range that was ahead, and then hands on the statistic of its tensor. */
  readonly useAhead: (stat: RangeStat, step: number) => void;
  /** Hands on the statistic of the next tensor, and gives the range that answers it, at once or when it comes. */
  readonly ask: (stat: RangeStat, step: number) => Eventual<Range>;
}

const sameRange = (a: Range | undefined, b: Range): boolean =>
  a !== undefined && Object.is(a.lo, b.lo) && Object.is(a.hi, b.hi);

const textOf = (range: Range | undefined, isStatic: boolean): string =>
  range ? `[${range.lo}, ${range.hi}] ${isStatic ? "before" : "after"} its tensor` : "no range";

/**
 * Holds a range, and whether it was there before its tensor, against the recorded one.
 *
 * @throws `RangeflowFailure` that names site, step, estimator and both where they are not the same to the bit
 */
export const checkRange = (
  estimator: string,
  { site, step, range, isStatic }: Recorded,
  given: Range | undefined,
  isAhead: boolean,
): void => {
  if (isStatic === isAhead && sameRange(given, range)) return;
  throw new RangeflowFailure(
    problem(
      `${site}, step ${step}`,
      `estimator ${estimator} replays to ${textOf(given, isAhead)}`,
      `${textOf(range, isStatic)}, as recorded`,
      "the estimator is not the one that the run was recorded with, or it is not deterministic",
    ),
  );
};

/**
 * Gives an estimator the statistic of a recorded tensor, as its site did, and checks the range that it gives.
 *
 * @param estimator its name
 * @throws as `checkRange` does
 */
export function* replayRange(ranges: Ranges, estimator: string, recorded: Recorded): Task<void> {
  const { stat, step } = recorded;
  const ahead = ranges.ahead(step);
  if (ahead) ranges.useAhead(stat, step);
  const range = ahead ?? (yield* wait(ranges.ask(stat, step)));
  checkRange(estimator, recorded, range, ahead !== undefined);
}
