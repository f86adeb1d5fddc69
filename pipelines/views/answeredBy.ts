/** @file A run as if another estimator had answered at its sites, as far as a recording tells. */
import type { Counterfactual, RunView, SiteView } from "./runView.ts";

/** A site with the columns of a counterfactual in place of its own where it has any; of faults, bytes and the like the run's own stand. */
const answeredAt = (site: SiteView, { estimator, columns }: Counterfactual): SiteView => {
  const { clippedTensors: _, ...answered } = columns;
  return { ...site, estimator, columns: { ...site.columns, ...answered } };
};

/**
 * The run with the ranges that an estimator would have answered, for charts of any run; without the sites at which it could not be
 * replayed. What was clipped is known where histograms were recorded; elsewhere there are 0 of 0 elements.
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
