/** @file Charts of learning: the loss of every step as an envelope with its mean, and the losses of the epochs. */
import * as Plot from "@observablehq/plot";
import type { RunView } from "../views/runView.ts";
import {
  bucketsIn,
  type Chart,
  type ChartOptions,
  colours,
  drawn,
  middleOf,
  numberText,
  stepsText,
} from "./chart.ts";

export interface LossOptions extends ChartOptions {
  readonly axis?: "linear" | "log";
}

/**
 * The training loss by step, with the training and test loss of each epoch. Steps that share a bucket are drawn as a band from their
 * least to their greatest loss; infinite and NaN losses have no point, and the band tells where they are.
 */
export const lossChart = (run: RunView, options: LossOptions = {}): Chart => {
  const { learning, epochs } = run;
  const points = bucketsIn(run, options.steps)
    .filter((i) => learning.finite[i]! > 0)
    .map((i) => ({
      step: middleOf(run, i),
      least: learning.lossLeast[i]!,
      greatest: Math.min(learning.lossGreatest[i]!, Number.MAX_VALUE),
      mean: learning.lossSum[i]! / learning.finite[i]!,
      text: stepsText(run, i),
    }));
  const ends = epochs.flatMap(({ steps, loss, testLoss, epoch }) => [
    { step: steps - 1, epoch, loss, of: "training, epoch" },
    ...(testLoss === undefined ? [] : [{ step: steps - 1, epoch, loss: testLoss, of: "test" }]),
  ]);
  return drawn(options, {
    ariaLabel: `Loss of ${run.name} by step`,
    height: 260,
    x: { label: "step", ...(options.steps && { domain: [...options.steps] }) },
    y: { label: "loss", grid: true, ...(options.axis === "log" && { type: "log" }) },
    color: {
      legend: true,
      domain: ["training, epoch", "test"],
      range: [colours.train, colours.test],
    },
    marks: [
      Plot.areaY(points, { x: "step", y1: "least", y2: "greatest", fill: colours.train, fillOpacity: 0.2 }),
      Plot.lineY(points, { x: "step", y: "mean", stroke: colours.train, strokeWidth: 1 }),
      Plot.line(
        ends.filter(({ loss }) => Number.isFinite(loss)),
        { x: "step", y: "loss", stroke: "of", marker: "dot" },
      ),
      Plot.tip(
        points,
        Plot.pointerX({
          x: "step",
          y: "mean",
          title: ({ text, least, greatest, mean }) =>
            least === greatest
              ? `${text}\nloss ${numberText(mean)}`
              : `${text}\nloss ${numberText(least)} to ${numberText(greatest)}, mean ${numberText(mean)}`,
        }),
      ),
    ],
  });
};
