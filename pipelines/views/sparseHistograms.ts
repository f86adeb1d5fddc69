/** @file Histograms of a run's sites, limited by the size of the page: about half a kilobyte each. */
import type { SiteHistogram } from "./runView.ts";

/** Histograms of one site. */
export interface SiteHistograms {
  /** Adds a histogram, unless it is too close to the last one. Returns whether it did. */
  readonly add: (histogram: SiteHistogram, version: number) => boolean;
  readonly all: () => readonly SiteHistogram[];
  /** Histograms that were added after a version. */
  readonly since: (version: number) => readonly SiteHistogram[];
}

export interface SparseHistograms {
  /** Adds a site without histograms. */
  readonly site: () => SiteHistograms;
  /** Keeps histograms at least this many steps apart. */
  readonly spaceOut: (steps: number) => void;
  /** Drops every other histogram while there are more than `most`. Returns whether it dropped any. */
  readonly fit: (most: number) => boolean;
}

interface Kept {
  readonly histogram: SiteHistogram;
  /** Version in which it was added. */
  readonly version: number;
}

export const sparseHistograms = (): SparseHistograms => {
  const sites: { kept: readonly Kept[] }[] = [];
  /** Steps per histogram of a site. */
  let spacing = 1;
  const areApart = (a: SiteHistogram, b: SiteHistogram): boolean =>
    Math.floor(a.step / spacing) !== Math.floor(b.step / spacing);
  const thin = (steps: number): void => {
    spacing = steps;
    for (const site of sites)
      site.kept = site.kept.filter(
        ({ histogram }, i, all) => i === 0 || areApart(histogram, all[i - 1]!.histogram),
      );
  };
  return {
    site: () => {
      const site: { kept: readonly Kept[] } = { kept: [] };
      sites.push(site);
      return {
        add: (histogram, version) => {
          const last = site.kept.at(-1);
          if (last && !areApart(last.histogram, histogram)) return false;
          site.kept = [...site.kept, { histogram, version }];
          return true;
        },
        all: () => site.kept.map(({ histogram }) => histogram),
        since: (after) =>
          site.kept.filter(({ version }) => version > after).map(({ histogram }) => histogram),
      };
    },
    spaceOut: (steps) => {
      if (spacing < steps) thin(steps);
    },
    fit: (most) => {
      const held = (): number => sites.reduce((all, { kept }) => all + kept.length, 0);
      const isMuch = held() > most;
      while (held() > most) thin(2 * spacing);
      return isMuch;
    },
  };
};
