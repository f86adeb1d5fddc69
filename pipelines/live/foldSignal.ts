/** @file The fold of the signals of a run that trains into the view of its page, as its recording and its log are folded later. */
import { projectionTitle } from "../../core/projectionTitle.ts";
import type { RangeSeen, Signal } from "../../core/signal.ts";
import type { RunFold } from "../views/runFold.ts";
import type { SiteFactsView } from "../views/runView.ts";

const factsOf = ({ site, role, estimator, stat }: RangeSeen): SiteFactsView => {
  const { bits = 0, scheme = "affine", projection } = stat.facts ?? {};
  return {
    site,
    role,
    estimator,
    bits,
    scheme,
    ...(projection && { projection: projectionTitle(projection) }),
  };
};

const foldRow = (fold: RunFold, row: RangeSeen): void => {
  const { stat, range, histogram, step } = row;
  const site = fold.site(row.site, () => factsOf(row));
  site.add({
    step,
    observed: row.verdict === "observed",
    min: stat.min,
    max: stat.max,
    lo: range.lo,
    hi: range.hi,
    count: stat.count,
    nonFinite: stat.nonFinite,
    clipped: row.clipped,
    bytesMoved: row.bytesMoved,
    bytesSaved: row.bytesSaved,
    isStatic: row.isStatic,
  });
  if (histogram?.counts)
    site.addHistogram({ step, values: histogram.values.slice(), counts: histogram.counts.slice() });
};

/** Folds the signals of a run; a step counts when its update is done, which tells its learning rate. */
export const signalFold = (fold: RunFold): ((signal: Signal) => void) => {
  let loss = Number.NaN;
  return (signal) => {
    if (signal._tag === "RangeSeen") foldRow(fold, signal);
    else if (signal._tag === "Updated")
      fold.addStep({ step: signal.step - 1, loss, learningRate: signal.learningRate });
    else if (signal._tag === "Metric" && signal.training) {
      const { name, site, step, value } = signal;
      if (name === "loss" && site === undefined) loss = value;
      else if (name === "sqnr" && site !== undefined) fold.addSqnr({ site, step, sqnr: value });
    }
  };
};
