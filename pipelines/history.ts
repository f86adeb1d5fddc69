/** @file What the sites of a run have observed so far: the past of their estimators when the run is resumed. */
import type { RangeStat } from "../core/range.ts";
import type { RangeSeen } from "../core/signal.ts";

/** The statistics of each site, in order; only those that its estimator was given. */
export const historyOf = (rows: Iterable<RangeSeen>): ReadonlyMap<string, readonly RangeStat[]> => {
  const history = new Map<string, RangeStat[]>();
  for (const { site, stat, verdict } of rows) {
    if (verdict !== "observed") continue;
    const past = history.get(site);
    if (past) past.push(stat);
    else history.set(site, [stat]);
  }
  return history;
};
