/** @file Numbers that cannot be what a file calls them. */
import type { Statistic } from "./statisticBatch.ts";

/** What rows say of themselves beside statistics: numbers that are counted or name something. */
export type RowFact = "step" | "rank" | "precision";

/** Whole numbers from 0 on, by the greatest one; more decimals than 17 tell no float64 apart. */
const greatest: Readonly<Partial<Record<Statistic | RowFact, number>>> = {
  step: 0xffffffff,
  rank: 0x7fffffff,
  precision: 17,
  count: 0xffffffff,
  nonFinite: 0xffffffff,
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
