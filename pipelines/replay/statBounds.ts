/** @file The tensors that a printed statistic may be of: the narrowest and the widest, between which every one of them lies. */
import type { Known } from "../../core/foreignStat.ts";
import type { RangeStat } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";

/** Ends of a tensor as they were recorded, and what is known of them. */
export interface PrintedEnds {
  readonly known: Known;
  readonly min: number;
  readonly max: number;
  readonly minError: number;
  readonly maxError: number;
}

/** Whether only the largest magnitude is known, so that the ends are minus and plus the same number. */
const isMagnitude = (known: Known): boolean => known === "amax" || known === "scale";

/** A half-width with room for the rounding of what is added to it; an exact end stays exact. */
const roomy = (end: number, error: number): number =>
  error > 0 ? error + 2 ** -50 * (Math.abs(end) + error) : 0;

/** Ends that every tensor reaches; reversed where its digits leave open which of them is the greater. */
const innerEnds = ({ known, min, max, minError, maxError }: PrintedEnds) => {
  const [lo, hi] = [min + roomy(min, minError), max - roomy(max, maxError)];
  return isMagnitude(known) ? { min: Math.min(lo, 0), max: Math.max(hi, 0) } : { min: lo, max: hi };
};

/** Ends that no tensor goes beyond. */
const outerEnds = ({ min, max, minError, maxError }: PrintedEnds) => ({
  min: min - roomy(min, minError),
  max: max + roomy(max, maxError),
});

/** Whether its digits leave open whether a tensor has any width at all: it was printed as 0, or within half of the last digit of it. */
export const isLost = (ends: PrintedEnds): boolean => {
  const { min, max } = innerEnds(ends);
  return isPrinted(ends) && min >= 0 && max <= 0;
};

/** Whether no tensor lies within all that it may be. */
export const isReversed = (ends: PrintedEnds): boolean => {
  const { min, max } = innerEnds(ends);
  return min > max;
};

/** Whether an end was printed with a few digits. */
export const isPrinted = ({ minError, maxError }: PrintedEnds): boolean => minError > 0 || maxError > 0;

/** What a row says of its ends; exact in a recording of ours. */
export const printedEnds = ({ stat: { min, max }, foreign }: RangeSeen): PrintedEnds => ({
  ...{ min, max, known: foreign?.known ?? "minMax" },
  ...{ minError: foreign?.minError ?? 0, maxError: foreign?.maxError ?? 0 },
});

/** The statistic of the narrowest tensor that a row may be of; where its ends are reversed there is none, and it is the middle between them. */
export const innerStat = (row: RangeSeen): RangeStat => {
  const { min, max } = innerEnds(printedEnds(row));
  const middle = (min + max) / 2;
  return { ...row.stat, min: Math.min(min, middle), max: Math.max(max, middle) };
};

/** The statistic of the widest tensor that a row may be of. */
export const outerStat = (row: RangeSeen): RangeStat => ({ ...row.stat, ...outerEnds(printedEnds(row)) });
