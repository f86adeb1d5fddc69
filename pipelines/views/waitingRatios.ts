/** @file Buffers ratios of sites without rows yet: log and recording are written in parallel, and either may be ahead. */

/** Signal-to-quantization-noise ratio of a site, in dB. */
export interface SiteSqnr {
  readonly site: string;
  readonly step: number;
  readonly sqnr: number;
}

export interface WaitingRatios {
  /** Stores a ratio, while there is room. */
  readonly add: (ratio: SiteSqnr) => void;
  /** Returns and removes the ratios of a site. */
  readonly take: (site: string) => readonly SiteSqnr[];
}

/** Largest number of stored ratios: those of some steps. */
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
