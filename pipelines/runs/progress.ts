/** @file Measurements of a run so far, per epoch and in total. */
import { roles } from "../../core/signal.ts";
import { elements } from "../../core/tensor.ts";
import { multiplierSuffix } from "../../operators/losses/multiplier.ts";
import type { Parameters } from "../../operators/module/parameters.ts";
import {
  clippedShare,
  isStaticSite,
  type MetricMean,
  metricMean,
  type RoleSummary,
  type Summarizer,
} from "../../operators/taps/summarizer.ts";
import type { AccumulatorEvent, ConstraintEvent, DoneEvent, EpochEvent, RoleEvent } from "./events.ts";

/** Mean of a metric over this epoch, in training and over the whole network by default; NaN if there is none. */
export const metric = (
  epoch: Summarizer,
  name: string,
  { training = true, site }: Partial<Pick<MetricMean, "training" | "site">> = {},
): number => {
  const found = epoch
    .read()
    .metrics.find((one) => one.name === name && one.training === training && one.site === site);
  return found ? metricMean(found) : Number.NaN;
};

/** Mean of a metric over the evaluation of this epoch; NaN if there is none. */
export const testMetric = (epoch: Summarizer, name: string): number =>
  metric(epoch, name, { training: false });

/** Overflows of narrow accumulators, by convolution. */
export const accumulatorEvents = (run: Summarizer): readonly AccumulatorEvent[] =>
  [...run.read().overflows].map(([site, counts]) => ({ site, ...counts }));

/** The constraints of a run at the end of an epoch. */
const constraintEvents = (epoch: Summarizer): readonly ConstraintEvent[] =>
  epoch.read().metrics.flatMap(({ name, site }) =>
    name === "slack" && site !== undefined
      ? [
          {
            site,
            slack: metric(epoch, "slack", { site }),
            multiplier: metric(epoch, "multiplier", { site }),
          },
        ]
      : [],
  );

/** Multipliers of a run's constraints by site; empty if there are none. */
export const multipliersIn = ({ list }: Parameters): Pick<DoneEvent, "multipliers"> => {
  const multipliers = list().flatMap(({ path, kind, value }) =>
    kind === "statistic" && path.endsWith(multiplierSuffix)
      ? [{ site: path.slice(0, -multiplierSuffix.length), multiplier: elements(value)[0] as number }]
      : [],
  );
  return multipliers.length > 0 ? { multipliers } : {};
};

/** Optional values of an epoch: overflows of narrow accumulators, the barrier, and constraints. */
export const extrasOf = (
  epoch: Summarizer,
): Pick<EpochEvent, "overflowShare" | "barrier" | "constraints"> => {
  const counts = accumulatorEvents(epoch);
  const sums = counts.reduce((sum, one) => sum + one.sums, 0);
  const overflows = counts.reduce((sum, one) => sum + one.overflows, 0);
  const barrier = metric(epoch, "barrier");
  const constraints = constraintEvents(epoch);
  return {
    ...(sums > 0 && { overflowShare: overflows / sums }),
    ...(!Number.isNaN(barrier) && { barrier }),
    ...(constraints.length > 0 && { constraints }),
  };
};

/** Summaries of the sites, by role. */
export const roleEvents = (run: Summarizer): readonly RoleEvent[] =>
  roles.flatMap((role) => {
    const summary: RoleSummary | undefined = run.read().roles.get(role);
    if (summary === undefined) return [];
    const sites = [...summary.sites.values()];
    const staticSites = sites.filter(isStaticSite).length;
    return [
      {
        role,
        staticSites,
        dynamicSites: sites.length - staticSites,
        clippedShare: clippedShare(summary),
        movedStatically: summary.bytesMoved.statically,
        movedDynamically: summary.bytesMoved.dynamically,
        bytesSaved: summary.bytesSaved,
      },
    ];
  });
