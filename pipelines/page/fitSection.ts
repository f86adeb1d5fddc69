/** @file The fit map with its key. */
import { numberText } from "../charts/chart.ts";
import { fitCells, fitColour, fitMap } from "../charts/fitMap.ts";
import { element, section, table, tableBehind } from "./element.ts";
import { chartOptions, type Place, zoomOf } from "./look.ts";
import { showSoon } from "./showSoon.ts";
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
  const choose = (site: string): void => {
    place.go({ site });
    showSoon("site");
  };
  return section(
    "fit",
    "Fit of the ranges",
    key(),
    zoomable(fitMap(place.run, { ...chartOptions(place), choose }), zoomOf(place)),
    tableBehind("Fit as a table", () =>
      table(
        ["site", "from step", "to", "log2 (range / tensor)", "clipped %", "static %"],
        fitCells(place.run, place.look.steps).map((c) => [
          c.site,
          String(c.from),
          String(c.to - 1),
          numberText(c.fit),
          numberText(100 * c.clipped),
          numberText(100 * c.staticShare),
        ]),
      ),
    ),
  );
};
