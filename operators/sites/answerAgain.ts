/** @file What an estimator makes of a recorded tensor, held against what it made of it when it was recorded. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { Recorded } from "../module/module.ts";

/** An estimator that is told of tensors, one after another. */
export interface Answering {
  /** The range for the next tensor, if it is already there. */
  readonly ahead: (step: number) => Range | undefined;
  /** Uses up the range that was ahead, and then emits what was seen of its tensor. */
  readonly useAhead: (stat: RangeStat, step: number) => void;
  /** Emits what was seen of the next tensor, and gives the range that answers it, at once or when it comes. */
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
export const checkAnswer = (
  estimator: string,
  { site, step, range, isStatic }: Recorded,
  answer: Range | undefined,
  isAhead: boolean,
): void => {
  if (isStatic === isAhead && sameRange(answer, range)) return;
  throw new RangeflowFailure(
    problem(
      `${site}, step ${step}`,
      `estimator ${estimator} replays to ${textOf(answer, isAhead)}`,
      `${textOf(range, isStatic)}, as recorded`,
      "the estimator is not the one that the run was recorded with, or it is not deterministic",
    ),
  );
};

/**
 * Tells an estimator of a recorded tensor again, as a site does.
 *
 * @param estimator its name
 * @returns done at once, or when a late answer is there; fails as `checkAnswer` does
 */
export const answerAgain = (answers: Answering, estimator: string, recorded: Recorded): Eventual<void> => {
  const { stat, step } = recorded;
  const ahead = answers.ahead(step);
  if (ahead === undefined)
    return after(answers.ask(stat, step), (answer) => checkAnswer(estimator, recorded, answer, false));
  answers.useAhead(stat, step);
  checkAnswer(estimator, recorded, ahead, true);
};
