/** @file How a run learns: its losses, and a table of its epochs. */
import { numberText } from "../charts/chart.ts";
import { lossChart } from "../charts/learning.ts";
import type { RunView } from "../views/runView.ts";
import { choice } from "./choice.ts";
import { section, table, tableBehind } from "./element.ts";
import { chartOptions, type Place, zoomOf } from "./look.ts";
import { zoomable } from "./zoom.ts";

const epochTable = ({ epochs }: RunView): HTMLTableElement =>
  table(
    ["epoch", "steps", "training loss", "test loss", "training score", "test score", "learning rate"],
    epochs.map((e) => [
      String(e.epoch),
      String(e.steps),
      numberText(e.loss),
      e.testLoss === undefined ? "" : numberText(e.testLoss),
      numberText(e.trainScore),
      e.testScore === undefined ? "" : numberText(e.testScore),
      numberText(e.learningRate),
    ]),
  );

export const learningSection = (place: Place): HTMLElement => {
  const axis = choice(place, "loss axis", ["linear", "log"]);
  return section(
    "learning",
    "Learning",
    axis.control,
    zoomable(lossChart(place.run, { ...chartOptions(place), axis: axis.value }), zoomOf(place)),
    tableBehind("Epochs as a table", () => epochTable(place.run)),
  );
};
