/** @file Folds rows of a recording and lines of a log into the view of a run. */
import { type Buckets, buckets, emptyRow, places } from "./buckets.ts";
import { learningFolds, type RunView, type SiteFactsView, type SiteHistogram, siteFolds } from "./runView.ts";
import { type SiteRow, writeRow, writeSqnr } from "./siteRow.ts";
import { type SiteHistograms, sparseHistograms } from "./sparseHistograms.ts";
import type { FoldChanges, SiteChange } from "./viewChanges.ts";
import { type SiteSqnr, waitingRatios } from "./waitingRatios.ts";

/** A site while its rows are folded. */
export interface SiteFold {
  readonly add: (row: SiteRow) => void;
  readonly addHistogram: (histogram: SiteHistogram) => void;
}

interface OpenSite {
  readonly facts: SiteFactsView;
  /** Version in which it was added. */
  readonly since: number;
  readonly buckets: Buckets<typeof siteFolds>;
  /** At most one per bucket, thinned if there are many. */
  readonly histograms: SiteHistograms;
  readonly addSqnr: (step: number, sqnr: number) => void;
  readonly fold: SiteFold;
}

/** A fold of rows and log lines into the view of a run. */
export interface RunFold {
  /** The site with this path. Its facts are read on the first call only. */
  readonly site: (path: string, facts: () => SiteFactsView) => SiteFold;
  /** Adds a ratio. That of a site without rows waits for them. */
  readonly addSqnr: (ratio: SiteSqnr) => void;
  readonly addStep: (step: {
    readonly step: number;
    readonly loss: number;
    readonly learningRate: number;
  }) => void;
  /** Number of steps so far. */
  readonly steps: () => number;
  /** A copy of the view so far. */
  readonly view: () => Pick<RunView, "steps" | "width" | "learning" | "sites">;
  /** Ends a version and returns its number, from 1. Later additions belong to the next one. */
  readonly endVersion: () => number;
  /** Additions after a version; undefined if the whole view is needed, because buckets have become wider. */
  readonly changesSince: (version: number) => FoldChanges | undefined;
}

const learningAt = places(learningFolds);

/** Additions to a site after a version; undefined if there are none. */
const changeOf = (
  { facts, since, buckets, histograms }: OpenSite,
  index: number,
  after: number,
): readonly SiteChange[] => {
  const columns = buckets.changesSince(after);
  const added = histograms.since(after);
  const change: SiteChange = {
    index,
    ...(since > after && { facts }),
    ...(columns && { columns }),
    ...(added.length > 0 && {
      histograms: added,
      histogramsBefore: histograms.all().length - added.length,
    }),
  };
  return since > after || columns || added.length > 0 ? [change] : [];
};

/**
 * An empty fold.
 *
 * @param mostFor number of buckets for a number of sites, an even number; memory and pages grow with sites times buckets
 */
export const runFold = (mostFor: (sites: number) => number): RunFold => {
  const sites = new Map<string, OpenSite>();
  let most = mostFor(1);
  const learning = buckets(learningFolds, most);
  const [siteRow, learningRow] = [emptyRow(siteFolds), emptyRow(learningFolds)];
  let width = 1;
  let steps = 0;
  let version = 1;
  /** Version in which buckets last became wider. */
  let widened = 0;
  const histograms = sparseHistograms();
  const waiting = waitingRatios();

  /** Widens the buckets until they cover a step. */
  const reach = (step: number): void => {
    while (step >= width * most) {
      width *= 2;
      widened = version;
      learning.halve();
      for (const site of sites.values()) site.buckets.halve();
      histograms.spaceOut(width);
    }
  };

  const bucketOf = (step: number): number => {
    reach(step);
    steps = Math.max(steps, step + 1);
    return Math.floor(step / width);
  };

  const opened = (facts: SiteFactsView): OpenSite => {
    most = Math.min(most, mostFor(sites.size + 1));
    reach(steps - 1);
    const columns = buckets(siteFolds, most);
    const own = histograms.site();
    return {
      facts,
      since: version,
      buckets: columns,
      histograms: own,
      addSqnr: (step, sqnr) => {
        writeSqnr(siteRow, sqnr);
        columns.add(bucketOf(step), siteRow, version);
      },
      fold: {
        add: (row) => {
          writeRow(siteRow, row);
          columns.add(bucketOf(row.step), siteRow, version);
        },
        addHistogram: (histogram) => {
          bucketOf(histogram.step);
          if (own.add(histogram, version) && histograms.fit(Math.max(2 * most, 4 * sites.size)))
            widened = version;
        },
      },
    };
  };

  const addSqnr = (ratio: SiteSqnr): void => {
    const site = sites.get(ratio.site);
    if (site) site.addSqnr(ratio.step, ratio.sqnr);
    else waiting.add(ratio);
  };

  const siteAt = (path: string, facts: () => SiteFactsView): OpenSite => {
    const known = sites.get(path);
    if (known) return known;
    const site = opened(facts());
    sites.set(path, site);
    for (const { step, sqnr } of waiting.take(path)) site.addSqnr(step, sqnr);
    return site;
  };

  return {
    site: (path, facts) => siteAt(path, facts).fold,
    addSqnr,
    addStep: ({ step, loss, learningRate }) => {
      const finite = Number.isFinite(loss);
      learningRow[learningAt.steps] = 1;
      learningRow[learningAt.lossLeast] = loss;
      learningRow[learningAt.lossGreatest] = loss;
      learningRow[learningAt.lossSum] = finite ? loss : 0;
      learningRow[learningAt.finite] = finite ? 1 : 0;
      learningRow[learningAt.learningRate] = learningRate;
      learning.add(bucketOf(step), learningRow, version);
    },
    steps: () => steps,
    view: () => {
      const used = Math.ceil(steps / width);
      return {
        steps,
        width,
        learning: learning.columns(0, used),
        sites: [...sites.values()].map(({ facts, buckets, histograms }) => ({
          ...facts,
          columns: buckets.columns(0, used),
          histograms: histograms.all(),
        })),
      };
    },
    endVersion: () => version++,
    changesSince: (after) => {
      if (widened > after) return undefined;
      const changed = learning.changesSince(after);
      return {
        steps,
        width,
        ...(changed && { learning: changed }),
        sites: [...sites.values()].flatMap((site, i) => changeOf(site, i, after)),
      };
    },
  };
};
