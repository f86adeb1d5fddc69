/** @file One site: what it observed, and its ranges. */
import { siteRanges } from "../charts/siteRanges.ts";
import { element, section } from "./element.ts";
import { chartOptions, type Place, zoomOf } from "./look.ts";
import { zoomable } from "./zoom.ts";

export const siteSection = (place: Place): HTMLElement => {
  const { run, look } = place;
  const site = run.sites.find((one) => one.site === look.site) ?? run.sites[0];
  if (site === undefined) return section("site", "Site", element("p", {}, "This run has recorded no site."));
  const { role, estimator, bits, scheme, projection } = site;
  const grid = projection ?? `${bits} bits, ${scheme}`;
  return section(
    "site",
    site.site,
    element("p", { class: "about" }, `${role}, ${grid}, range by ${estimator}`),
    zoomable(siteRanges(run, site, chartOptions(place)), zoomOf(place)),
  );
};
