/** @file What a run has measured so far: epoch by epoch, and in all. */
import {
  clippedShare,
  isStaticSite,
  type Mean,
  meanOf,
  type RoleSummary,
  type Summarizer,
} from "../operators/metrics.ts";
import type { RoleEvent } from "./events.ts";

const nothing: Mean = { sum: Number.NaN, samples: 1 };

/** The mean of a metric of this epoch; NaN where there is none. */
export const metric = (epoch: Summarizer, name: string): number =>
  meanOf(epoch.read().metrics.get(name) ?? nothing);

const order = ["weight", "activation", "gradient"] as const;

/** What the sites of each role have done. */
export const roleEvents = (run: Summarizer): readonly RoleEvent[] =>
  order.flatMap((role) => {
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
        movedStatically: summary.moved.statically,
        movedDynamically: summary.moved.dynamically,
        spared: summary.spared,
      },
    ];
  });
