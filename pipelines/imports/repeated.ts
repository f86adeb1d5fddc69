/** @file Values that files state twice. */
import type { Statistic } from "./statisticBatch.ts";

/** What to do with a second, different value of a statistic: refuse it, keep the first, or keep the last. */
export const repeatedNames = ["refuse", "first", "last"] as const;
/** One of `repeatedNames`. */
export type Repeated = (typeof repeatedNames)[number];

/** Two values for one statistic of a site and step. */
export class RepeatedValue extends Error {
  readonly site: number;
  readonly step: number;
  readonly statistic: Statistic;

  constructor(site: number, step: number, statistic: Statistic) {
    super("a value twice");
    [this.site, this.step, this.statistic] = [site, step, statistic];
  }
}
