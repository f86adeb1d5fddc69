/** @file Folds the signals of a running training into the view of its page, exactly as its recording and log are folded later. */
import { projectionTitle } from "../../core/projectionTitle.ts";
import type { RangeSeen, Signal } from "../../core/signal.ts";
import type { RunFold, SiteFold } from "../views/runFold.ts";
import type { SiteFactsView } from "../views/runView.ts";
import type { SiteRow } from "../views/siteRow.ts";

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

const numbersOf = (row: RangeSeen): SiteRow => ({
  step: row.step,
  observed: row.verdict === "observed",
  min: row.stat.min,
  max: row.stat.max,
  lo: row.range.lo,
  hi: row.range.hi,
  count: row.stat.count,
  nonFinite: row.stat.nonFinite,
  clipped: row.clipped,
  bytesMoved: row.bytesMoved,
  bytesSaved: row.bytesSaved,
  isStatic: row.isStatic,
});

export interface SignalFold {
  /** Takes a signal. A step counts once its update is done, because that determines its learning rate. */
  readonly see: (signal: Signal) => void;
  /** Folds the buffered rows. */
  readonly flush: () => void;
}

/** Largest number of buffered rows. Folding them one by one would find the caches filled by the training step. */
const mostWaiting = 512;

/** Folds the signals of a run. */
export const signalFold = (fold: RunFold): SignalFold => {
  const sites = new Map<string, SiteFold>();
  let waiting: { readonly site: SiteFold; readonly row: SiteRow }[] = [];
  let loss = Number.NaN;

  const flush = (): void => {
    for (const { site, row } of waiting) site.add(row);
    waiting = [];
  };
  const seeRow = (row: RangeSeen): void => {
    const { histogram, step } = row;
    let site = sites.get(row.site);
    if (site === undefined) {
      site = fold.site(row.site, () => factsOf(row));
      sites.set(row.site, site);
    }
    waiting.push({ site, row: numbersOf(row) });
    if (waiting.length === mostWaiting) flush();
    if (histogram?.counts)
      site.addHistogram({ step, values: histogram.values.slice(), counts: histogram.counts.slice() });
  };
  return {
    see: (signal) => {
      if (signal._tag === "RangeSeen") seeRow(signal);
      else if (signal._tag === "Updated")
        fold.addStep({ step: signal.step - 1, loss, learningRate: signal.learningRate });
      else if (signal._tag === "Metric" && signal.training) {
        const { name, site, step, value } = signal;
        if (name === "loss" && site === undefined) loss = value;
        else if (name === "sqnr" && site !== undefined) fold.addSqnr({ site, step, sqnr: value });
      }
    },
    flush,
  };
};
