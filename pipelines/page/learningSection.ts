/** @file Learning curve of a run: loss and learning rate by step, scores by epoch, and a table of its epochs. */
import { numberText } from "../charts/chart.ts";
import { epochChart, epochPanels } from "../charts/epochs.ts";
import { lossChart, rateChart } from "../charts/learning.ts";
import type { RunView } from "../views/runView.ts";
import { choice } from "./choice.ts";
import { element, section, table, tableBehind } from "./element.ts";
import { chartOptions, type Place, zoomOf } from "./look.ts";
import { lossAxis } from "./lossAxis.ts";
import { zoomable } from "./zoom.ts";

const cellText = (value: number | undefined): string => (value === undefined ? "" : numberText(value));

const epochTable = (run: RunView): HTMLTableElement => {
  const columns = epochPanels(run).flatMap(({ title, unit, series }) =>
    series.map(({ name, of }) => ({
      head: `${name === title ? title : `${name} ${title}`}${unit === "" ? "" : ` (${unit})`}`,
      of,
    })),
  );
  return table(
    ["epoch", "steps", "training loss", "test loss", ...columns.map(({ head }) => head), "learning rate"],
    run.epochs.map((epoch) => [
      String(epoch.epoch),
      String(epoch.steps),
      cellText(epoch.loss),
      cellText(epoch.testLoss),
      ...columns.map(({ of }) => cellText(of(epoch))),
      cellText(epoch.learningRate),
    ]),
  );
};

export const learningSection = (place: Place): HTMLElement => {
  const { run } = place;
  if (run.steps === 0 || run.learning.steps.every((steps) => steps === 0))
    return section(
      "learning",
      "Learning",
      element("p", { class: "about" }, "The files of this run tell nothing of its losses."),
    );
  const options = chartOptions(place);
  const zoom = zoomOf(place);
  const axis = choice(place, "loss axis", ["linear", "log"], lossAxis([run]));
  return section(
    "learning",
    "Learning",
    axis.control,
    zoomable(lossChart(run, { ...options, axis: axis.value }), zoom),
    ...(run.epochs.length === 0
      ? [element("p", { class: "about" }, "No epoch is done yet.")]
      : epochPanels(run).map((panel) => zoomable(epochChart(run, panel, options), zoom))),
    zoomable(rateChart(run, options), zoom),
    tableBehind("Epochs as a table", () => epochTable(run)),
  );
};
