/** @file Bounds of a printed statistic: the narrowest and the widest tensor that it may describe. */
import type { Known } from "../../core/foreignStat.ts";
import type { RangeStat } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";

/** Min and max of a tensor as recorded, and what is known of them. */
export interface PrintedEnds {
  readonly known: Known;
  readonly min: number;
  readonly max: number;
  readonly minError: number;
  readonly maxError: number;
}

/** Whether only the largest magnitude is known. The bounds are then minus and plus that number. */
const isMagnitude = (known: Known): boolean => known === "amax" || known === "scale";

/** A half-width enlarged by the rounding of the sum with it; 0 for an exact end. */
const roomy = (end: number, error: number): number =>
  error > 0 ? error + 2 ** -50 * (Math.abs(end) + error) : 0;

/** Bounds that every possible tensor reaches; reversed if the digits leave open which of them is larger. */
const innerEnds = ({ known, min, max, minError, maxError }: PrintedEnds) => {
  const [lo, hi] = [min + roomy(min, minError), max - roomy(max, maxError)];
  return isMagnitude(known) ? { min: Math.min(lo, 0), max: Math.max(hi, 0) } : { min: lo, max: hi };
};

/** Bounds that no possible tensor exceeds. */
const outerEnds = ({ min, max, minError, maxError }: PrintedEnds) => ({
  min: min - roomy(min, minError),
  max: max + roomy(max, maxError),
});

/** Whether the digits leave open if the tensor has any width: it was printed as 0, or within half a unit of its last digit. */
export const isLost = (ends: PrintedEnds): boolean => {
  const { min, max } = innerEnds(ends);
  return isPrinted(ends) && min >= 0 && max <= 0;
};

/** Whether there is no narrowest tensor. */
export const isReversed = (ends: PrintedEnds): boolean => {
  const { min, max } = innerEnds(ends);
  return min > max;
};

/** Whether min or max was printed with a few digits. */
export const isPrinted = ({ minError, maxError }: PrintedEnds): boolean => minError > 0 || maxError > 0;

/** Recorded min and max of a row. They are exact in a Rangeflow recording. */
export const printedEnds = ({ stat: { min, max }, foreign }: RangeSeen): PrintedEnds => ({
  ...{ min, max, known: foreign?.known ?? "minMax" },
  ...{ minError: foreign?.minError ?? 0, maxError: foreign?.maxError ?? 0 },
});

/** Statistic of the narrowest tensor that a row may describe; if its bounds are reversed, of the midpoint between them. */
export const innerStat = (row: RangeSeen): RangeStat => {
  const { min, max } = innerEnds(printedEnds(row));
  const middle = (min + max) / 2;
  return { ...row.stat, min: Math.min(min, middle), max: Math.max(max, middle) };
};

/** Statistic of the widest tensor that a row may describe. */
export const outerStat = (row: RangeSeen): RangeStat => ({ ...row.stat, ...outerEnds(printedEnds(row)) });
