/** @file Comparison of an estimator's range for a recorded tensor with the recorded range. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Eventual } from "../../core/eventual.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { Recorded } from "../module/module.ts";
import { type Task, wait } from "../step/task.ts";

/** Ranges, tensor by tensor. */
export interface Ranges {
  /** The range of the next tensor, if it is already known. */
  readonly ahead: (step: number) => Range | undefined;
  /** Consumes the range that was ahead, then passes on the statistics of its tensor. */
  readonly useAhead: (stat: RangeStat, step: number) => void;
  /** Passes on the statistics of the next tensor, and returns its range, now or later. */
  readonly ask: (stat: RangeStat, step: number) => Eventual<Range>;
}

const sameRange = (a: Range | undefined, b: Range): boolean =>
  a !== undefined && Object.is(a.lo, b.lo) && Object.is(a.hi, b.hi);

const textOf = (range: Range | undefined, isStatic: boolean): string =>
  range ? `[${range.lo}, ${range.hi}] ${isStatic ? "before" : "after"} its tensor` : "no range";

/**
 * Compares a range, and whether it was known before its tensor, with the recording.
 *
 * @throws `RangeflowFailure` naming site, step, estimator and both ranges, unless they are equal bit by bit
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
 * Passes an estimator the statistics of a recorded tensor, as its site did, and checks the range.
 *
 * @param estimator its name
 * @throws as `checkRange`
 */
export function* replayRange(ranges: Ranges, estimator: string, recorded: Recorded): Task<void> {
  const { stat, step } = recorded;
  const ahead = ranges.ahead(step);
  if (ahead) ranges.useAhead(stat, step);
  const range = ahead ?? (yield* wait(ranges.ask(stat, step)));
  checkRange(estimator, recorded, range, ahead !== undefined);
}
