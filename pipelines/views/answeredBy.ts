/** @file A run with the ranges of another estimator, as far as its recording allows. */
import type { Counterfactual, RunView, SiteView } from "./runView.ts";

/** A site with the columns of a counterfactual instead of its own. Faults, bytes and similar columns stay the run's own. */
const answeredAt = (site: SiteView, { estimator, columns }: Counterfactual): SiteView => {
  const { clippedTensors: _, ...answered } = columns;
  return { ...site, estimator, columns: { ...site.columns, ...answered } };
};

/**
 * The run with the ranges of another estimator, for charts of any run. Sites where the estimator could not be replayed are left out.
 * Clipping is known where histograms were recorded; elsewhere it is 0 of 0 elements.
 */
export const answeredBy = (run: RunView, estimator: string): RunView => {
  const bySite = new Map(
    run.counterfactuals.filter((one) => one.estimator === estimator).map((one) => [one.site, one]),
  );
  return {
    ...run,
    sites: run.sites.flatMap((site) => {
      const answered = bySite.get(site.site);
      return answered?.columns.rows.some((rows) => rows > 0) ? [answeredAt(site, answered)] : [];
    }),
  };
};
