/** @file The fit map with its key. */
import { numberText } from "../charts/chart.ts";
import { fitCells, fitColour, fitMap } from "../charts/fitMap.ts";
import type { RunView } from "../views/runView.ts";
import { element, section, table, tableBehind } from "./element.ts";
import { type Steps, zoomable } from "./zoom.ts";

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

export const fitSection = (
  run: RunView,
  steps: Steps | undefined,
  zoom: (steps: Steps | undefined) => void,
  choose: (site: string) => void,
): HTMLElement =>
  section(
    "fit",
    "Fit of the ranges",
    key(),
    zoomable(fitMap(run, { choose, ...(steps && { steps }) }), zoom),
    tableBehind("Fit as a table", () =>
      table(
        ["site", "from step", "to", "log2 (range / tensor)", "clipped %", "static %"],
        fitCells(run, steps).map((c) => [
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
