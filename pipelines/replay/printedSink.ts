/** @file Tallies for statistics that were printed with a few digits: the numbers as printed, and bounds. */
import type { Range } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { clipBoundsAt, type Within } from "./clips.ts";
import { type JudgementBounds, judgementBounds } from "./judgedBounds.ts";
import type { AnswerSink, BoundedSink } from "./replayAnswers.ts";
import { innerStat, isLost, isPrinted, isReversed, outerStat, printedEnds } from "./statBounds.ts";
import { countBounds, type Tally } from "./tally.ts";

/** Ranges that wait for the printed range of the same tensor. */
const waitingRanges = () => {
  let ranges: Range[] = [];
  let next = 0;
  return {
    add: (_: RangeSeen, range: Range): void => {
      ranges.push(range);
    },
    take: (): Range => {
      const range = ranges[next++] as Range;
      if (next === ranges.length) [ranges, next] = [[], 0];
      return range;
    },
  };
};

const tensorWithin = (row: RangeSeen): Within => {
  const [inner, outer] = [innerStat(row), outerStat(row)];
  return { inner: { lo: inner.min, hi: inner.max }, outer: { lo: outer.min, hi: outer.max } };
};

/** Counts what the digits of a tensor leave open, and notes why there are no bounds if there are none. */
const notePrinted = (tally: Tally, row: RangeSeen, isMonotone: boolean): void => {
  const ends = printedEnds(row);
  if (!isPrinted(ends)) return;
  if (isLost(ends)) {
    tally.lost++;
    tally.lostWithin = Math.max(tally.lostWithin, ends.minError, ends.maxError);
  }
  if (!isMonotone)
    tally.unbounded ??= "it is not declared that wider tensors never give it narrower ranges (isMonotone)";
  else if (isReversed(ends))
    tally.unbounded ??= `the digits of step ${row.step} leave open which end of its tensor is the greater`;
};

/**
 * The sink of an estimator at a site of an imported recording. A monotone estimator is also shown the widest and the narrowest possible
 * tensors; its ranges for the real tensors lie between the answers to both.
 *
 * @param printed receives the ranges for the printed statistics
 */
export const printedSink = (
  first: RangeSeen,
  { estimator }: NamedEstimator,
  {
    tally,
    tolerance,
    printed,
  }: { readonly tally: Tally; readonly tolerance: number; readonly printed: AnswerSink },
): AnswerSink | BoundedSink => {
  const isMonotone = estimator.isMonotone === true;
  const noted: AnswerSink = (row, range, isStatic) => {
    notePrinted(tally, row, isMonotone);
    printed(row, range, isStatic);
  };
  if (!isMonotone) return noted;
  const clips = clipBoundsAt(first, tolerance);
  const isOwn = estimator === currentMinMax();
  // A grid covers its range unless its step is rounded to a power of two.
  const { scheme } = first.stat.facts ?? { scheme: "affine" };
  const ownClips =
    tolerance >= 0.5 && (scheme === "affine" || scheme === "symmetric")
      ? { surelyClips: false, mayClip: false }
      : {};
  const bounded = (tensor: Within, range: Within): JudgementBounds => {
    const bounds = judgementBounds(clips, tensor, range);
    // Range and tensor are equal, whatever the tensor is.
    return isOwn ? { ...bounds, error: [0, 0], ...ownClips } : bounds;
  };
  const [outers, inners] = [waitingRanges(), waitingRanges()];
  return {
    outer: outers.add,
    inner: inners.add,
    printed: (row, range, isStatic) => {
      noted(row, range, isStatic);
      const within = { inner: inners.take(), outer: outers.take() };
      countBounds(tally, bounded(tensorWithin(row), within));
    },
  };
};
