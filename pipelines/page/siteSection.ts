/** @file One site: what it observed, and its ranges. */
import { siteRanges } from "../charts/siteRanges.ts";
import type { RunView } from "../views/runView.ts";
import { element, section } from "./element.ts";
import { type Steps, zoomable } from "./zoom.ts";

export const siteSection = (
  run: RunView,
  path: string,
  steps: Steps | undefined,
  zoom: (steps: Steps | undefined) => void,
): HTMLElement => {
  const site = run.sites.find((one) => one.site === path);
  if (site === undefined) return section("site", "Site", element("p", {}, "This run has recorded no site."));
  const { role, estimator, bits, scheme, projection } = site;
  const grid = projection ?? `${bits} bits, ${scheme}`;
  return section(
    "site",
    path,
    element("p", { class: "about" }, `${role}, ${grid}, range by ${estimator}`),
    zoomable(siteRanges(run, site, steps ? { steps } : {}), zoom),
  );
};
