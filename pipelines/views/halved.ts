/** @file A view with half as many buckets, each twice as wide: for pages that have no room for more. */
import { type Columns, type Folds, foldedPairs } from "./buckets.ts";
import { answerFolds, learningFolds, type RunView, type SiteHistogram, siteFolds } from "./runView.ts";

const halvedColumns = <F extends Folds>(folds: F, columns: Columns<F>): Columns<F> =>
  Object.fromEntries(
    Object.entries(folds).map(([name, fold]) => [name, foldedPairs(fold, columns[name as keyof F])]),
  ) as unknown as Columns<F>;

/** At most one histogram for each bucket. */
const thinned = (histograms: readonly SiteHistogram[], width: number): readonly SiteHistogram[] =>
  histograms.filter(
    ({ step }, i) => i === 0 || Math.floor(step / width) !== Math.floor(histograms[i - 1]!.step / width),
  );

/** The same run in buckets twice as wide; every extreme of the rows stays. */
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
