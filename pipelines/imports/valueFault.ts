/** @file Numbers that cannot be what a file calls them. */
import type { BinnedCounts, Statistic } from "./statisticBatch.ts";

/** What rows say of themselves beside statistics: numbers that are counted or name something. */
export type RowFact = "step" | "rank" | "precision";

/** The greatest number that a recording has for steps, elements and the like. */
export const mostCounted = 0xffffffff;

/** Whole numbers from 0 on, by the greatest one; more decimals than 17 tell no float64 apart. */
const greatest: Readonly<Partial<Record<Statistic | RowFact, number>>> = {
  step: mostCounted,
  rank: 0x7fffffff,
  precision: 17,
  count: mostCounted,
  nonFinite: mostCounted,
};

const neverNegative: readonly (Statistic | RowFact)[] = ["amax", "scale", "std", "l1Norm", "l2Norm"];

/** Whether some values cannot be of a name. */
export const hasFaults = (name: Statistic | RowFact): boolean =>
  greatest[name] !== undefined || neverNegative.includes(name);

/** What was found and expected where a value cannot be; undefined where it can. */
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

/** What was found and expected of a histogram with more elements than a recording counts; undefined of others. */
export const elementsFault = ({
  counts,
}: BinnedCounts): readonly [found: string, expected: string] | undefined => {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i] as number;
  if (total <= mostCounted) return undefined;
  return [`a histogram of ${total} elements`, `at most ${mostCounted}, the largest count of a recording`];
};
