/** @file Sets of statistics as bit masks. */
import { type Statistic, statisticNames } from "./statisticBatch.ts";

/** The bit of each statistic. */
export const bits = Object.fromEntries(statisticNames.map((name, i) => [name, 1 << i])) as Record<
  Statistic,
  number
>;

/** A set of statistics as a mask. */
export const maskOf = (statistics: readonly Statistic[]): number =>
  statistics.reduce((mask, statistic) => mask | bits[statistic], 0);

/** Bit of a row of a cold start. */
export const coldStartBit = 1 << 31;
