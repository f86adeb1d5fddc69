/** @file One site: observed intervals and ranges, clipping, signal-to-noise ratios and histograms, below each other. */
import type { Chart } from "../charts/chart.ts";
import { clippedPoints, clippedShare } from "../charts/clippedShare.ts";
import { othersAt } from "../charts/others.ts";
import { heatColour, siteHistogram } from "../charts/siteHistogram.ts";
import { siteRanges } from "../charts/siteRanges.ts";
import { siteSqnr, sqnrPoints } from "../charts/siteSqnr.ts";
import { hasRatios } from "../views/rangeRow.ts";
import type { RunView, SiteView } from "../views/runView.ts";
import { type Choice, choice } from "./choice.ts";
import { element, section, tableBehind } from "./element.ts";
import { chartOptions, type Place, zoomOf } from "./look.ts";
import { replayedAt } from "./replayedTable.ts";
import { sitePicker } from "./sitePicker.ts";
import { clippedTable, histogramTable, rangesTable, sqnrTable } from "./siteTables.ts";
import { zoomable } from "./zoom.ts";

type Axis = "linear" | "signed log";

const about = (text: string): HTMLElement => element("p", { class: "about" }, text);

/** The selected site; undefined if a run has none. */
export const shownSite = ({ run, look }: Pick<Place, "run" | "look">): SiteView | undefined =>
  run.sites.find(({ site }) => site === look.site) ?? run.sites[0];

const factsText = ({ state }: RunView, { role, estimator, bits, scheme, projection }: SiteView): string =>
  state === "imported"
    ? `${role}${bits > 0 ? `, ${bits} bits, ${scheme}` : ""}`
    : `${role}, ${projection ?? `${bits} bits, ${scheme}`}, range by ${estimator}`;

/** A chart that is zoomed with all others, with the table of its numbers. */
const withTable = (place: Place, chart: Chart, what: string, make: () => HTMLTableElement): HTMLElement =>
  element("div", {}, zoomable(chart, zoomOf(place)), tableBehind(what, make));

const key = (): HTMLElement =>
  element(
    "p",
    { class: "key" },
    "below the frame: ",
    element("span", { class: "swatch static" }),
    "static, the range was there before its tensor ",
    element("span", { class: "swatch dynamic" }),
    "dynamic",
  );

const clipped = (place: Place, site: SiteView): HTMLElement => {
  const points = clippedPoints(place.run, site, chartOptions(place));
  return points.every(({ worst }) => worst === 0)
    ? about("Nothing was clipped in these steps.")
    : withTable(
        place,
        clippedShare(place.run, site, chartOptions(place)),
        "Clipped elements as a table",
        () => clippedTable(place, site),
      );
};

/** Source of the ratios as text. */
const ratioSource = ({ sqnrFrom }: RunView): string =>
  sqnrFrom === "histograms"
    ? "Ratios are what the recorded histograms tell, rounded to nearest."
    : "Ratios were measured in the run.";

const ratios = (place: Place, site: SiteView): readonly HTMLElement[] => {
  const { run } = place;
  const hasOthers = othersAt(run, site.site).some(({ columns }) => hasRatios(columns));
  if (run.state === "imported" && !hasOthers) return [];
  if (sqnrPoints(run, site, chartOptions(place)).length === 0)
    return [
      about(
        "No signal-to-quantization-noise ratio is known in these steps: --sqnr-every N or --histogram-every N records some.",
      ),
    ];
  const others =
    run.counterfactuals.length > 0 && run.sqnrFrom === "run"
      ? " Those of other estimators are what histograms tell; compare them with what these tell of the run's own ranges."
      : "";
  return [
    withTable(place, siteSqnr(run, site, chartOptions(place)), "Ratios as a table", () =>
      sqnrTable(place, site),
    ),
    about(`${ratioSource(run)}${others}`),
  ];
};

const heatKey = (): HTMLElement =>
  element(
    "p",
    { class: "key" },
    "share of the elements, logarithmic: a millionth",
    ...[1e-6, 1e-4, 1e-2, 1].map((share) =>
      element("span", {
        class: "swatch",
        style: `background:${heatColour(share)}`,
        title: `${100 * share} %`,
      }),
    ),
    "all",
  );

const histograms = (place: Place, site: SiteView, axis: Axis): readonly HTMLElement[] =>
  site.histograms.length === 0
    ? [about("No histogram was recorded: --histogram-every N records some.")]
    : [
        withTable(
          place,
          siteHistogram(place.run, site, { ...chartOptions(place), axis }),
          "Histograms as a table",
          () => histogramTable(place, site, axis),
        ),
        heatKey(),
      ];

const controls = (place: Place, axis: Choice<Axis>): HTMLElement => {
  const { steps } = place.look;
  return element(
    "div",
    { class: "about" },
    axis.control,
    element(
      "span",
      { class: "hint" },
      steps
        ? `steps ${steps[0]} to ${steps[1] - 1}; a double click on a chart shows all`
        : "drag over a chart to see some steps",
    ),
  );
};

export const siteSection = (place: Place): HTMLElement => {
  const { run } = place;
  const site = shownSite(place);
  if (site === undefined) return section("site", "Site", element("p", {}, "This run has recorded no site."));
  const axis = choice<Axis>(place, "value axis", ["linear", "signed log"]);
  return section(
    "site",
    site.site,
    sitePicker(run.sites, site),
    about(factsText(run, site)),
    controls(place, axis),
    withTable(
      place,
      siteRanges(run, site, { ...chartOptions(place), axis: axis.value }),
      "Ranges as a table",
      () => rangesTable(place, site),
    ),
    ...(run.state === "imported" ? [] : [key(), clipped(place, site)]),
    ...ratios(place, site),
    ...(run.state === "imported" && site.histograms.length === 0 ? [] : histograms(place, site, axis.value)),
    ...replayedAt(run, site.site),
  );
};
