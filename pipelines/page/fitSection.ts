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

const key = (): HTMLElement =>
  element(
    "p",
    { class: "key" },
    "range too narrow",
    ...[-2, -1, 0, 1, 2].map((fit) =>
      element("span", {
        class: "swatch",
        style: `background:${fitColour(fit)}`,
        title: `${2 ** fit} times the tensor`,
      }),
    ),
    "too wide",
  );

export const fitSection = (place: Place): HTMLElement => {
  const of = choice(place, "fit of", [ownRanges, ...othersOf(place.run)]);
  const run = of.value === ownRanges ? place.run : answeredBy(place.run, of.value);
  return section(
    "fit",
    "Fit of the ranges",
    ...(place.run.counterfactuals.length > 0 ? [of.control] : []),
    key(),
    zoomable(fitMap(run, { ...chartOptions(place), choose: goToSite }), zoomOf(place)),
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
