/** @file What a run amounts to: folds over its signals, for a step, an epoch or a whole run. */
import type { Metric, Overflow, RangeSeen, Role, Signal } from "../../core/signal.ts";

/** A mean over samples, kept as sum and count so that batches of any size add up. */
export interface Mean {
  readonly sum: number;
  readonly samples: number;
}

/** Metric's mean over its samples; NaN of none. */
export const metricMean = ({ sum, samples }: Mean): number => sum / samples;

/** A metric of training or of evaluation, at a site or of the whole network, averaged over samples. */
export interface MetricMean extends Mean, Pick<Metric, "name" | "site" | "training"> {}

/** Summary of the sites of one role. */
export interface RoleSummary {
  /** Counts for each site: how many tensors it quantized with a range that was there before them, and how many not. */
  readonly sites: ReadonlyMap<string, { readonly statically: number; readonly dynamically: number }>;
  readonly elements: number;
  readonly clipped: number;
  /** Elements of tensors whose range was there before them. */
  readonly staticElements: number;
  /** Bytes moved for tensors that were quantized statically, and for those that waited for their range. */
  readonly bytesMoved: { readonly statically: number; readonly dynamically: number };
  /** Bytes that waiting for the ranges of the former would have moved beside these. */
  readonly bytesSaved: number;
}

/** Metrics, ranges by role, and the number of faults of a stretch of signals. */
export interface Summary {
  /** Means, in the order in which they came first. */
  readonly metrics: readonly MetricMean[];
  readonly roles: ReadonlyMap<Role, RoleSummary>;
  readonly faults: number;
  /** Overflows by convolution: how many sums did not fit its accumulator, of how many. */
  readonly overflows: ReadonlyMap<string, Pick<Overflow, "overflows" | "sums">>;
}

/** The part of a summary that no recording holds, as plain values: a summarizer that is given them goes on from there. */
export interface SavedSums {
  readonly metrics: readonly MetricMean[];
  readonly overflows: readonly (readonly [site: string, counts: Pick<Overflow, "overflows" | "sums">])[];
  readonly faults: number;
}

/** The sums of no signals. */
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
  bytesMoved: { statically: number; dynamically: number };
  bytesSaved: number;
}

/** A metric while it is averaged. */
type Averaged = { -readonly [K in keyof MetricMean]: MetricMean[K] };

const count = (
  counts: Counts,
  { site, isStatic, stat, clipped, bytesMoved, bytesSaved }: RangeSeen,
): void => {
  const tensors = counts.sites.get(site) ?? { statically: 0, dynamically: 0 };
  const how = isStatic ? "statically" : "dynamically";
  tensors[how]++;
  counts.bytesMoved[how] += bytesMoved;
  counts.bytesSaved += bytesSaved;
  counts.sites.set(site, tensors);
  counts.elements += stat.count;
  counts.clipped += clipped;
  if (isStatic) counts.staticElements += stat.count;
};

/** Copies of sums, each with its name. */
const copied = <T extends object>(sums: Iterable<readonly [name: string, sum: Readonly<T>]>): [string, T][] =>
  Array.from(sums, ([name, sum]) => [name, { ...sum }]);

/** Tells metrics apart by name, site, and training or evaluation. */
const keyOf = ({ name, site = "", training }: Pick<Metric, "name" | "site" | "training">): string =>
  `${training}\n${site}\n${name}`;

/**
 * A new summarizer. Metrics are averaged over samples, apart for each site, and for training and evaluation.
 *
 * @param saved what it goes on from, as an earlier one has saved it
 */
export const summarizer = (saved = noSums): Summarizer => {
  const metrics = new Map(saved.metrics.map((metric) => [keyOf(metric), { ...metric } as Averaged]));
  const roles = new Map<Role, Counts>();
  const overflows = new Map<string, { overflows: number; sums: number }>(copied(saved.overflows));
  let { faults } = saved;
  return {
    add: (signal) => {
      if (signal._tag === "Metric") {
        const { name, site, training, value, samples } = signal;
        const key = keyOf(signal);
        const mean = metrics.get(key) ?? { name, ...(site && { site }), training, sum: 0, samples: 0 };
        mean.sum += value * samples;
        mean.samples += samples;
        metrics.set(key, mean);
      } else if (signal._tag === "RangeSeen") {
        const counts = roles.get(signal.role) ?? {
          sites: new Map(),
          elements: 0,
          clipped: 0,
          staticElements: 0,
          bytesMoved: { statically: 0, dynamically: 0 },
          bytesSaved: 0,
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
    read: () => ({ metrics: [...metrics.values()], roles, faults, overflows }),
    save: () => ({
      metrics: Array.from(metrics.values(), (metric) => ({ ...metric })),
      overflows: copied(overflows),
      faults,
    }),
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
