/** @file What a run amounts to: folds over its signals, for a step, an epoch or a whole run. */
import type { Overflow, RangeSeen, Role, Signal } from "../../core/signal.ts";

/** A mean over samples, kept as sum and count so that batches of any size add up. */
export interface Mean {
  readonly sum: number;
  readonly samples: number;
}

export const meanOf = ({ sum, samples }: Mean): number => sum / samples;

/** What the sites of one role have done. */
export interface RoleSummary {
  /** For each site, how many tensors it quantized with a range that was there before them, and how many not. */
  readonly sites: ReadonlyMap<string, { readonly statically: number; readonly dynamically: number }>;
  readonly elements: number;
  readonly clipped: number;
  /** Elements of tensors whose range was there before them. */
  readonly staticElements: number;
  /** Bytes moved for tensors that were quantized statically, and for those that waited for their range. */
  readonly moved: { readonly statically: number; readonly dynamically: number };
  /** Bytes that waiting for the ranges of the former would have moved beside these. */
  readonly spared: number;
}

/** Metrics by name, ranges by role, and the number of faults of a stretch of signals. */
export interface Summary {
  readonly metrics: ReadonlyMap<string, Mean>;
  readonly roles: ReadonlyMap<Role, RoleSummary>;
  readonly faults: number;
  /** By convolution: how many sums did not fit its accumulator, of how many. */
  readonly overflows: ReadonlyMap<string, Pick<Overflow, "overflows" | "sums">>;
}

/** The part of a summary that no recording holds, as plain values: a summarizer that is given them goes on from there. */
export interface SavedSums {
  readonly metrics: readonly (readonly [name: string, mean: Mean])[];
  readonly overflows: readonly (readonly [site: string, counts: Pick<Overflow, "overflows" | "sums">])[];
  readonly faults: number;
}

/** Of no signals. */
export const noSums: SavedSums = { metrics: [], overflows: [], faults: 0 };

/** Collects signals one by one; `read` gives what they amount to so far, `save` what can be gone on from. */
export interface Summarizer {
  readonly add: (signal: Signal) => void;
  readonly read: () => Summary;
  readonly save: () => SavedSums;
}

interface Counts {
  sites: Map<string, { statically: number; dynamically: number }>;
  elements: number;
  clipped: number;
  staticElements: number;
  moved: { statically: number; dynamically: number };
  spared: number;
}

const count = (counts: Counts, { site, isStatic, stat, clipped, moved, spared }: RangeSeen): void => {
  const tensors = counts.sites.get(site) ?? { statically: 0, dynamically: 0 };
  const how = isStatic ? "statically" : "dynamically";
  tensors[how]++;
  counts.moved[how] += moved;
  counts.spared += spared;
  counts.sites.set(site, tensors);
  counts.elements += stat.count;
  counts.clipped += clipped;
  if (isStatic) counts.staticElements += stat.count;
};

/** Copies of sums, each with its name. */
const copied = <T extends object>(sums: Iterable<readonly [name: string, sum: Readonly<T>]>): [string, T][] =>
  Array.from(sums, ([name, sum]) => [name, { ...sum }]);

/**
 * A new summarizer. Metrics are averaged over samples, apart for training and evaluation (`test loss`).
 *
 * @param saved what it goes on from, as an earlier one has saved it
 */
export const summarizer = (saved = noSums): Summarizer => {
  const metrics = new Map<string, { sum: number; samples: number }>(copied(saved.metrics));
  const roles = new Map<Role, Counts>();
  const overflows = new Map<string, { overflows: number; sums: number }>(copied(saved.overflows));
  let { faults } = saved;
  return {
    add: (signal) => {
      if (signal._tag === "Metric") {
        const name = signal.training ? signal.name : `test ${signal.name}`;
        const mean = metrics.get(name) ?? { sum: 0, samples: 0 };
        mean.sum += signal.value * signal.samples;
        mean.samples += signal.samples;
        metrics.set(name, mean);
      } else if (signal._tag === "RangeSeen") {
        const counts = roles.get(signal.role) ?? {
          sites: new Map(),
          elements: 0,
          clipped: 0,
          staticElements: 0,
          moved: { statically: 0, dynamically: 0 },
          spared: 0,
        };
        count(counts, signal);
        roles.set(signal.role, counts);
      } else if (signal._tag === "Overflow") {
        const counts = overflows.get(signal.site) ?? { overflows: 0, sums: 0 };
        counts.overflows += signal.overflows;
        counts.sums += signal.sums;
        overflows.set(signal.site, counts);
      } else if (signal._tag === "Fault") faults++;
    },
    read: () => ({ metrics, roles, faults, overflows }),
    save: () => ({ metrics: copied(metrics), overflows: copied(overflows), faults }),
  };
};

/** A site is static if most of its tensors found their range there. */
export const isStaticSite = ({
  statically,
  dynamically,
}: {
  readonly statically: number;
  readonly dynamically: number;
}): boolean => statically > dynamically;

/** The share of elements that were clipped, 0 where there were none. */
export const clippedShare = ({ clipped, elements }: RoleSummary): number =>
  elements === 0 ? 0 : clipped / elements;
