/** @file Impossible values of statistics. */
import type { BinnedCounts, Statistic } from "./statisticBatch.ts";

/** Facts of rows other than statistics: numbers that count or identify something. */
export type RowFact = "step" | "rank" | "precision";

/** Largest step, count and similar number in a recording. */
export const mostCounted = 0xffffffff;

/** Non-negative integers, with the largest value of each. More than 17 decimals distinguish no float64 numbers. */
const greatest: Readonly<Partial<Record<Statistic | RowFact, number>>> = {
  step: mostCounted,
  rank: 0x7fffffff,
  precision: 17,
  count: mostCounted,
  nonFinite: mostCounted,
};

const neverNegative: readonly (Statistic | RowFact)[] = ["amax", "scale", "std", "l1Norm", "l2Norm"];

/** Whether a name has impossible values. */
export const hasFaults = (name: Statistic | RowFact): boolean =>
  greatest[name] !== undefined || neverNegative.includes(name);

/** Found and expected text for an impossible value; undefined for a possible one. */
export const valueFault = (
  name: Statistic | RowFact,
  value: number,
): readonly [found: string, expected: string] | undefined => {
  const most = greatest[name];
  if (most !== undefined && !(Number.isInteger(value) && value >= 0 && value <= most))
    return [`${name} ${value}`, `a whole number from 0 to ${most}`];
  if (value < 0 && neverNegative.includes(name)) return [`${name} ${value}`, "a number that is not negative"];
  return undefined;
};

/** Found and expected text for a histogram with more elements than a recording can count; undefined for others. */
export const elementsFault = ({
  counts,
}: BinnedCounts): readonly [found: string, expected: string] | undefined => {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i] as number;
  if (total <= mostCounted) return undefined;
  return [`a histogram of ${total} elements`, `at most ${mostCounted}, the largest count of a recording`];
};
