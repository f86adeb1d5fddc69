/** @file The fit map with its key. */
import { numberText } from "../charts/chart.ts";
import { fitCells, fitColour, fitMap } from "../charts/fitMap.ts";
import { othersOf } from "../charts/others.ts";
import { answeredBy } from "../views/answeredBy.ts";
import { ownRanges } from "../views/runView.ts";
import { goToSite } from "./address.ts";
import { choice } from "./choice.ts";
import { element, section, table, tableBehind } from "./element.ts";
import { chartOptions, type Place, zoomOf } from "./look.ts";
import { replayedByRole } from "./replayedTable.ts";
import { zoomable } from "./zoom.ts";

const swatch = (fit: number, title: string): HTMLElement =>
  element("span", { class: "swatch", style: `background:${fitColour(fit)}`, title });

/** Colours with the ratio of the range's span to the tensor's. The outermost ones stand for everything beyond. */
const steps = [
  [-2, "¼"],
  [-1, "½"],
  [0, "1"],
  [1, "2"],
  [2, "4"],
] as const;

const key = (): HTMLElement =>
  element(
    "p",
    { class: "key" },
    element("span", {}, "span of the range over that of the tensor:"),
    element("span", {}, "too narrow, clips"),
    ...steps.map(([fit, times]) =>
      element("span", { class: "step" }, swatch(fit, `${2 ** fit} times the tensor`), times),
    ),
    element("span", {}, "too wide, wastes bits"),
    element("span", { class: "step" }, swatch(Number.NaN, "no tensor was observed"), "none observed"),
  );

const about = (text: string): HTMLElement => element("p", { class: "about" }, text);

export const fitSection = (place: Place): HTMLElement => {
  if (place.run.sites.length === 0)
    return section(
      "fit",
      "Fit of the ranges",
      about("No site of this run has quantized anything: there are no ranges."),
    );
  const [first, ...others] =
    place.run.state === "imported" ? othersOf(place.run) : [ownRanges, ...othersOf(place.run)];
  if (first === undefined)
    return section("fit", "Fit of the ranges", about("No estimator was replayed: there are no ranges."));
  const of = choice(place, "fit of", [first, ...others]);
  const run = of.value === ownRanges ? place.run : answeredBy(place.run, of.value);
  const order = choice(place, "order of rows", ["network", "role"]);
  const options = { ...chartOptions(place), choose: goToSite, order: order.value };
  return section(
    "fit",
    "Fit of the ranges",
    ...(place.run.counterfactuals.length > 0 ? [of.control] : []),
    order.control,
    key(),
    ...(of.value === ownRanges ? [] : [about(`What ${of.value} would have answered.`)]),
    run.sites.length > 0
      ? zoomable(fitMap(run, options), zoomOf(place))
      : about("It could not be replayed at any site."),
    tableBehind("Fit as a table", () =>
      table(
        ["site", "from step", "to", "log2 (range / tensor)", "clipped %", "static %"],
        fitCells(run, place.look.steps).map((c) => [
          c.site,
          String(c.from),
          String(c.to - 1),
          numberText(c.fit),
          numberText(100 * c.clipped),
          numberText(100 * c.staticShare),
        ]),
      ),
    ),
    ...replayedByRole(place.run),
  );
};
