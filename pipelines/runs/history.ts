/** @file Observations of a run's sites so far, from which a resumed run restores its estimators. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { RangeSeen } from "../../core/signal.ts";
import type { Recorded, Scope } from "../../operators/module/module.ts";

/** Tensors that the estimator of a site has observed, in order. Reading them removes them here. */
export type History = Scope["history"];

export const noHistory: History = () => [];

/**
 * Observations of a run before `step`, from the rows of its recording.
 *
 * @param where the recording, for the message
 * @param each called with every row
 * @throws `RangeflowFailure` if a site was not recorded at every step. A site without any rows fails when it is asked for
 */
export const historyBefore = (
  step: number,
  rows: Iterable<RangeSeen>,
  where: string,
  each: (row: RangeSeen) => void,
): History => {
  const pasts = new Map<string, { steps: number; readonly observed: Recorded[] }>();
  for (const row of rows) {
    if (row.step >= step) continue;
    each(row);
    const past = pasts.get(row.site) ?? { steps: 0, observed: [] };
    pasts.set(row.site, past);
    past.steps++;
    const { site, step: at, stat, range, isStatic } = row;
    if (row.verdict === "observed") past.observed.push({ site, step: at, stat, range, isStatic });
  }
  const incomplete = (site: string, steps: number): RangeflowFailure =>
    new RangeflowFailure(
      problem(
        where,
        `${steps} rows of ${site}`,
        `${step}, one for each step before the checkpoint`,
        "part of the recording is missing, restore it from a backup or start a new run",
      ),
    );
  for (const [site, { steps }] of pasts) if (steps !== step) throw incomplete(site, steps);
  return (site) => {
    const past = pasts.get(site);
    if (past === undefined) throw incomplete(site, 0);
    pasts.delete(site);
    return past.observed;
  };
};
