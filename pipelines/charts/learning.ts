/** @file Charts of quantities per step: the loss as an envelope with its mean, and the learning rate. */
import * as Plot from "@observablehq/plot";
import type { EpochView, RunView } from "../views/runView.ts";
import {
  bucketsIn,
  type Chart,
  type ChartOptions,
  clipOf,
  colours,
  drawn,
  middleOf,
  notFiniteMarks,
  numberText,
  stepAxis,
  stepsText,
  tickFormat,
} from "./chart.ts";

/** Options of `lossChart`. */
export interface LossOptions extends ChartOptions {
  /** Axis of losses. Default: `linear`. */
  readonly axis?: "linear" | "log";
}

/** The losses of one bucket; NaN, which breaks a line, if there is none to draw. */
const lossPoints = (run: RunView, options: ChartOptions, isDrawn: (loss: number) => boolean) => {
  const { learning: l } = run;
  return bucketsIn(run, options.steps)
    .filter((i) => l.steps[i]! > 0)
    .map((i) => {
      const mean = l.lossSum[i]! / l.finite[i]!;
      const [least, greatest] = [l.lossLeast[i]!, l.lossGreatest[i]!];
      const ends = { least, greatest: Number.isFinite(greatest) ? greatest : mean, mean };
      return {
        ...{ step: middleOf(run, i), text: stepsText(run, i) },
        ...(isDrawn(least) && l.finite[i]! > 0
          ? ends
          : { least: Number.NaN, greatest: Number.NaN, mean: Number.NaN }),
      };
    });
};

/** Powers of ten for grid lines, if there are more than a few. */
const powers = (points: readonly LossPoint[]): { readonly ticks?: number } => {
  const losses = points.flatMap(({ least, greatest }) => (Number.isNaN(least) ? [] : [least, greatest]));
  const decades = Math.ceil(Math.log10(Math.max(...losses) / Math.min(...losses)));
  return decades > 2 ? { ticks: Math.min(6, decades - 1) } : {};
};

/** Buckets with losses that are not finite. */
const lostPoints = (run: RunView, options: ChartOptions) => {
  const { learning: l } = run;
  return bucketsIn(run, options.steps)
    .filter((i) => l.finite[i]! < l.steps[i]!)
    .map((i) => ({
      step: middleOf(run, i),
      text: `${stepsText(run, i)}\n${l.steps[i] === 1 ? "loss" : `${l.steps[i]! - l.finite[i]!} of ${l.steps[i]} losses`} NaN or infinite`,
    }));
};

type LossPoint = ReturnType<typeof lossPoints>[number];

const lossText = ({ text, least, greatest, mean }: LossPoint): string =>
  least === greatest
    ? `${text}\nloss ${numberText(mean)}`
    : `${text}\nloss ${numberText(least)} to ${numberText(greatest)}, mean ${numberText(mean)}`;

/** An epoch from its first step to one past its last, with its mean training loss. */
const epochSpans = (epochs: readonly EpochView[]) =>
  epochs.map(({ epoch, loss, steps }, i) => ({ epoch, loss, from: epochs[i - 1]?.steps ?? 0, to: steps }));

/**
 * Training loss by step, its mean over each epoch as a bar, and the test loss after each epoch. Steps that share a bucket are drawn as a
 * band from their smallest to their largest loss. Infinite and NaN losses are marked at the upper edge.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const chart = lossChart(run, { steps: [0, 500] });
 */
export const lossChart = (run: RunView, options: LossOptions = {}): Chart => {
  const isLog = options.axis === "log";
  const isDrawn = (loss: number): boolean => Number.isFinite(loss) && (!isLog || loss > 0);
  const points = lossPoints(run, options, isDrawn);
  const spans = epochSpans(run.epochs).filter(({ loss }) => isDrawn(loss));
  const tests = run.epochs.flatMap(({ steps, epoch, testLoss }) =>
    testLoss !== undefined && isDrawn(testLoss) ? [{ step: steps, epoch, testLoss, of: "test" }] : [],
  );
  return drawn(options, {
    ariaLabel: `Loss of ${run.name} by step`,
    height: 260,
    x: stepAxis(run, options),
    insetTop: 6,
    insetBottom: 6,
    y: { label: "loss", grid: true, tickFormat, ...(isLog && { type: "log", ...powers(points) }) },
    color: { legend: true, domain: ["training", "test"], range: [colours.train, colours.test] },
    marks: [
      Plot.areaY(points, {
        ...{ x: "step", y1: "least", y2: "greatest", z: null },
        fill: colours.train,
        fillOpacity: 0.25,
      }),
      Plot.lineY(points, {
        x: "step",
        y: "mean",
        z: null,
        stroke: colours.train,
        strokeWidth: 1,
        clip: clipOf(options),
      }),
      Plot.ruleY(spans, {
        ...{ x1: "from", x2: "to", y: "loss", clip: clipOf(options) },
        stroke: colours.train,
        strokeWidth: 2.5,
        strokeOpacity: 0.7,
        ariaDescription: "mean training loss of an epoch",
      }),
      Plot.line(tests, {
        ...{ x: "step", y: "testLoss", z: null, clip: clipOf(options) },
        stroke: colours.test,
        marker: "dot",
      }),
      Plot.tip(points, Plot.pointerX({ x: "step", y: "mean", title: lossText })),
      ...notFiniteMarks(run, lostPoints(run, options), options),
    ],
  });
};

/**
 * Learning rate by step.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const chart = rateChart(run);
 */
export const rateChart = (run: RunView, options: ChartOptions = {}): Chart => {
  const { learningRate } = run.learning;
  const points = bucketsIn(run, options.steps)
    .filter((i) => Number.isFinite(learningRate[i]!))
    .map((i) => ({
      step: middleOf(run, i),
      rate: learningRate[i]!,
      text: `${stepsText(run, i)}\nlearning rate ${numberText(learningRate[i]!)}`,
    }));
  return drawn(options, {
    ariaLabel: `Learning rate of ${run.name} by step`,
    height: 110,
    x: stepAxis(run, options),
    insetTop: 4,
    y: { label: "learning rate", grid: true, ticks: 3, tickFormat, zero: true },
    marks: [
      Plot.lineY(points, { x: "step", y: "rate", z: null, stroke: colours.train }),
      Plot.tip(points, Plot.pointerX({ x: "step", y: "rate", title: "text" })),
    ],
  });
};
