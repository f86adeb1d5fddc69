/** @file Ratios of sites that have no rows yet: a log and a recording come side by side, and either may be ahead. */

/** A signal-to-quantization-noise ratio of a site, in dB. */
export interface SiteSqnr {
  readonly site: string;
  readonly step: number;
  readonly sqnr: number;
}

export interface WaitingRatios {
  /** Keeps a ratio, while there is room. */
  readonly add: (ratio: SiteSqnr) => void;
  /** Gives those of a site, which wait no longer. */
  readonly take: (site: string) => readonly SiteSqnr[];
}

/** The most ratios that wait: those of some steps. */
const mostWaiting = 4096;

export const waitingRatios = (): WaitingRatios => {
  const bySite = new Map<string, SiteSqnr[]>();
  let count = 0;
  return {
    add: (ratio) => {
      if (count === mostWaiting) return;
      count++;
      const others = bySite.get(ratio.site);
      if (others) others.push(ratio);
      else bySite.set(ratio.site, [ratio]);
    },
    take: (site) => {
      const taken = bySite.get(site) ?? [];
      bySite.delete(site);
      count -= taken.length;
      return taken;
    },
  };
};
