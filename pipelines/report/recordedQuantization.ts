/** @file Quantization of a run as its recording tells it: the sites of a run of an earlier version, which did not save a summary. */
import { roles } from "../../core/signal.ts";
import { quantizerOfRanges, schemeFor } from "../../quantizers/quantizer.ts";
import type { PlanRole } from "../../quantizers/rules/rule.ts";
import { type ShownQuantization, type ShownSite, shownSites } from "../settings/shownSites.ts";
import type { SiteFactsView } from "../views/runView.ts";

/** Last parts of the paths of a layer's sites. */
const partOf: Readonly<Record<PlanRole, string>> = {
  weight: "weight",
  activation: "input",
  gradient: "gradient",
  weightGradient: "weightGradient",
};

const shownSite = ({ site, role, estimator, bits, scheme, projection }: SiteFactsView): ShownSite => {
  const own = quantizerOfRanges(estimator);
  const quantizer =
    projection ?? own ?? (scheme === schemeFor(role) ? undefined : `uniform:scheme=${scheme}`);
  return {
    ...{ site, bits },
    role: site.endsWith(`/${partOf.weightGradient}`) ? "weightGradient" : role,
    ...(own === undefined && { range: estimator }),
    ...(quantizer !== undefined && { quantizer }),
  };
};

/** Sites in float32 of the layers whose weights are quantized. They are in no recording. */
const unrecorded = (sites: readonly ShownSite[]): readonly ShownSite[] => {
  const paths = new Set(sites.map(({ site }) => site));
  return sites
    .filter(({ role }) => role === "weight")
    .flatMap(({ site }) => {
      const layer = site.slice(0, site.lastIndexOf("/") + 1);
      return roles
        .map((role): ShownSite => ({ site: `${layer}${partOf[role]}`, role, bits: 32 }))
        .filter((one) => !paths.has(one.site));
    });
};

/** Summary of recorded sites; undefined if there are none, or their bits were not recorded. */
export const recordedQuantization = (recorded: readonly SiteFactsView[]): ShownQuantization | undefined => {
  if (recorded.length === 0 || recorded.some(({ bits }) => bits === 0)) return undefined;
  const sites = recorded.map(shownSite);
  return shownSites([...sites, ...unrecorded(sites)]);
};
