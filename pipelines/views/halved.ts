/** @file Halves the number of buckets in a view, for pages that would be too large. */
import { type Columns, type Folds, foldedPairs } from "./buckets.ts";
import { answerFolds, learningFolds, type RunView, type SiteHistogram, siteFolds } from "./runView.ts";

const halvedColumns = <F extends Folds>(folds: F, columns: Columns<F>): Columns<F> =>
  Object.fromEntries(
    Object.entries(folds).map(([name, fold]) => [name, foldedPairs(fold, columns[name as keyof F])]),
  ) as unknown as Columns<F>;

/** At most one histogram per bucket. */
const thinned = (histograms: readonly SiteHistogram[], width: number): readonly SiteHistogram[] =>
  histograms.filter(
    ({ step }, i) => i === 0 || Math.floor(step / width) !== Math.floor(histograms[i - 1]!.step / width),
  );

/** The same run with buckets twice as wide. All extremes are kept. */
export const halved = (run: RunView): RunView => ({
  ...run,
  width: 2 * run.width,
  learning: halvedColumns(learningFolds, run.learning),
  sites: run.sites.map((site) => ({
    ...site,
    columns: halvedColumns(siteFolds, site.columns),
    histograms: thinned(site.histograms, 2 * run.width),
  })),
  counterfactuals: run.counterfactuals.map((one) => ({
    ...one,
    columns: halvedColumns(answerFolds, one.columns),
  })),
});
