/** @file The fold from rows of a recording and lines of a log to what a page shows of a run. */
import { type Buckets, buckets, emptyRow, places } from "./buckets.ts";
import { learningFolds, type RunView, type SiteFactsView, type SiteHistogram, siteFolds } from "./runView.ts";
import { type SiteRow, writeRow, writeSqnr } from "./siteRow.ts";
import type { FoldChanges, SiteChange } from "./viewChanges.ts";

/** A site while its rows come. */
export interface SiteFold {
  readonly add: (row: SiteRow) => void;
  readonly addHistogram: (histogram: SiteHistogram) => void;
}

interface OpenSite {
  readonly facts: SiteFactsView;
  /** Version in which it came. */
  readonly since: number;
  readonly buckets: Buckets<typeof siteFolds>;
  /** At most one a bucket, and fewer of many, with the version in which each came. */
  histograms: readonly { readonly histogram: SiteHistogram; readonly version: number }[];
  readonly addSqnr: (step: number, sqnr: number) => void;
  readonly fold: SiteFold;
}

/** A signal-to-quantization-noise ratio of a site, in dB. */
export interface SiteSqnr {
  readonly site: string;
  readonly step: number;
  readonly sqnr: number;
}

export interface RunFold {
  /** The site of this path; its facts are asked for the first time only. */
  readonly site: (path: string, facts: () => SiteFactsView) => SiteFold;
  /** Takes a ratio; that of a site which has no rows yet waits for them. */
  readonly addSqnr: (ratio: SiteSqnr) => void;
  readonly addStep: (step: {
    readonly step: number;
    readonly loss: number;
    readonly learningRate: number;
  }) => void;
  /** Number of steps so far. */
  readonly steps: () => number;
  /** A copy of what is folded so far. */
  readonly view: () => Pick<RunView, "steps" | "width" | "learning" | "sites">;
  /** Ends a version and gives its number, from 1 on: what is added later belongs to the next one. */
  readonly endVersion: () => number;
  /** What was added after a version; undefined where all has to be taken anew, since buckets have become wider. */
  readonly changesSince: (version: number) => FoldChanges | undefined;
}

const learningAt = places(learningFolds);

/** The most ratios that wait for rows of their sites: those of some steps, since a log and a recording come side by side. */
const mostWaiting = 4096;

/**
 * An empty fold.
 *
 * @param mostFor buckets that there are for so many sites, an even number: memory and pages grow with sites times buckets
 */
export const runFold = (mostFor: (sites: number) => number): RunFold => {
  const sites = new Map<string, OpenSite>();
  let most = mostFor(1);
  const learning = buckets(learningFolds, most);
  const [siteRow, learningRow] = [emptyRow(siteFolds), emptyRow(learningFolds)];
  let width = 1;
  let steps = 0;
  let version = 1;
  /** Version in which buckets have become wider. */
  let widened = 0;
  let waiting: readonly SiteSqnr[] = [];

  const bucketAt = (step: number): number => Math.floor(step / width);

  /** Steps that have one histogram of a site: a bucket, or some where there would be too many for a page. */
  let spacing = 1;
  const areApart = (a: OpenSite["histograms"][number], b: OpenSite["histograms"][number]): boolean =>
    Math.floor(a.histogram.step / spacing) !== Math.floor(b.histogram.step / spacing);

  const spaceOut = (steps: number): void => {
    spacing = steps;
    for (const site of sites.values())
      site.histograms = site.histograms.filter((one, i, all) => i === 0 || areApart(one, all[i - 1]!));
  };

  /** Drops every other histogram while there are more than a page has room for: about half a kilobyte each. */
  const limitHistograms = (): void => {
    const held = (): number =>
      [...sites.values()].reduce((all, { histograms }) => all + histograms.length, 0);
    while (held() > Math.max(2 * most, 4 * sites.size)) {
      spaceOut(2 * spacing);
      widened = version;
    }
  };

  /** Makes the buckets wider until there is one for a step. */
  const reach = (step: number): void => {
    while (step >= width * most) {
      width *= 2;
      widened = version;
      learning.halve();
      for (const site of sites.values()) site.buckets.halve();
      if (spacing < width) spaceOut(width);
    }
  };

  const bucketOf = (step: number): number => {
    reach(step);
    steps = Math.max(steps, step + 1);
    return bucketAt(step);
  };

  const opened = (facts: SiteFactsView): OpenSite => {
    most = Math.min(most, mostFor(sites.size + 1));
    reach(steps - 1);
    const columns = buckets(siteFolds, most);
    const site: OpenSite = {
      facts,
      since: version,
      buckets: columns,
      histograms: [],
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
          const [last, one] = [site.histograms.at(-1), { histogram, version }];
          if (last && !areApart(last, one)) return;
          site.histograms = [...site.histograms, one];
          limitHistograms();
        },
      },
    };
    return site;
  };

  const addSqnr = (ratio: SiteSqnr): void => {
    const site = sites.get(ratio.site);
    if (site) site.addSqnr(ratio.step, ratio.sqnr);
    else if (waiting.length < mostWaiting) waiting = [...waiting, ratio];
  };

  const siteAt = (path: string, facts: () => SiteFactsView): OpenSite => {
    const known = sites.get(path);
    if (known) return known;
    const site = opened(facts());
    sites.set(path, site);
    const those = waiting;
    waiting = [];
    those.forEach(addSqnr);
    return site;
  };

  const changeOf = ({ facts, since, buckets, histograms }: OpenSite, index: number, after: number) => {
    const columns = buckets.changesSince(after);
    const added = histograms.filter(({ version }) => version > after).map(({ histogram }) => histogram);
    const change: SiteChange = {
      index,
      ...(since > after && { facts }),
      ...(columns && { columns }),
      ...(added.length > 0 && { histograms: added, histogramsBefore: histograms.length - added.length }),
    };
    return since > after || columns || added.length > 0 ? [change] : [];
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
          histograms: histograms.map(({ histogram }) => histogram),
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
