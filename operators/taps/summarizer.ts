/** @file Summaries of signals: folds over a step, an epoch or a whole run. */
import type { Metric, Overflow, RangeSeen, Role, Signal } from "../../core/signal.ts";

/** A mean over samples, stored as sum and count, so that batches of any size can be added. */
export interface Mean {
  readonly sum: number;
  readonly samples: number;
}

/** The mean of a metric; NaN without samples. */
export const metricMean = ({ sum, samples }: Mean): number => sum / samples;

/** A metric of training or evaluation, of a site or the whole network, averaged over samples. */
export interface MetricMean extends Mean, Pick<Metric, "name" | "site" | "training"> {}

/** Summary of the sites of one role. */
export interface RoleSummary {
  /** For each site, the number of tensors whose range was known before them (static), and of all others (dynamic). */
  readonly sites: ReadonlyMap<string, { readonly statically: number; readonly dynamically: number }>;
  /** Number of elements of all tensors. */
  readonly elements: number;
  /** Number of elements that were clipped. */
  readonly clipped: number;
  /** Number of elements in static tensors. */
  readonly staticElements: number;
  /** Bytes moved for static and for dynamic tensors. */
  readonly bytesMoved: { readonly statically: number; readonly dynamically: number };
  /** Additional bytes that the static tensors would have moved if they had waited for their ranges. */
  readonly bytesSaved: number;
}

/** Metrics, ranges by role, and the number of faults in a sequence of signals. */
export interface Summary {
  /** Means, in the order of first occurrence. */
  readonly metrics: readonly MetricMean[];
  readonly roles: ReadonlyMap<Role, RoleSummary>;
  /** Number of faults. */
  readonly faults: number;
  /** Overflows by layer: the number of sums that overflowed, and of all sums. */
  readonly overflows: ReadonlyMap<string, Pick<Overflow, "overflows" | "sums">>;
}

/** The part of a summary that recordings do not contain, as plain values; a summarizer can continue from it. */
export interface SavedSums {
  readonly metrics: readonly MetricMean[];
  readonly overflows: readonly (readonly [site: string, counts: Pick<Overflow, "overflows" | "sums">])[];
  readonly faults: number;
}

/** The sums before any signal. */
export const noSums: SavedSums = { metrics: [], overflows: [], faults: 0 };

/** Collects signals one by one. `read` returns the summary so far, `save` what a later summarizer can continue from. */
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

/** A metric that is being averaged. */
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

/** Copies of named sums. */
const copied = <T extends object>(sums: Iterable<readonly [name: string, sum: Readonly<T>]>): [string, T][] =>
  Array.from(sums, ([name, sum]) => [name, { ...sum }]);

/** Key of a metric: name, site, and training or evaluation. */
const keyOf = ({ name, site = "", training }: Pick<Metric, "name" | "site" | "training">): string =>
  `${training}\n${site}\n${name}`;

/**
 * Makes a summarizer. Metrics are averaged over samples, separately per site and for training and evaluation.
 *
 * @param saved state to continue from, saved by an earlier summarizer. Default: none.
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

/** A site counts as static if most of its tensors had their range before them. */
export const isStaticSite = ({
  statically,
  dynamically,
}: {
  readonly statically: number;
  readonly dynamically: number;
}): boolean => statically > dynamically;

/** Fraction of elements that were clipped; 0 if there were none. */
export const clippedShare = ({ clipped, elements }: RoleSummary): number =>
  elements === 0 ? 0 : clipped / elements;
