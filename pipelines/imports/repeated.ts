/** @file Values that files say twice. */
import type { Statistic } from "./statisticBatch.ts";

/** What to do with a value that a tensor has already, if it is another: refuse it, keep the first or the last one. */
export const repeatedNames = ["refuse", "first", "last"] as const;
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
