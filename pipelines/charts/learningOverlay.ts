/** @file Learning curves of several runs in one chart: losses by step, and scores by epoch. */
import type { RunView } from "../views/runView.ts";
import { scoreName, scoreText, scoreUnit } from "../views/scoreText.ts";
import { bucketsIn, type Chart, type ChartOptions, middleOf, numberText, stepsText } from "./chart.ts";
import { type RunLine, runLines } from "./runLines.ts";

/** Options of overlays of several runs. */
export interface OverlayOptions extends ChartOptions {
  /** Name of each run's group, such as its cell in a study. Default: the name of the run. */
  readonly groups?: readonly string[];
}

/** Options of `lossOverlay`. */
export interface LossOverlayOptions extends OverlayOptions {
  /** Axis of losses. Default: `linear`. */
  readonly axis?: "linear" | "log";
}

const groupOf = ({ groups }: OverlayOptions, { name }: RunView, i: number): string => groups?.[i] ?? name;

/**
 * Mean training losses by step, one line per run. Steps that share a bucket have one point. Runs of a group share a colour, with a line
 * for their mean.
 *
 * @example not run: it reads runs
 * const runs = ["runs/one", "runs/other"].map((dir) => readRunView(dir));
 * const chart = lossOverlay(runs, { axis: "log" });
 */
export const lossOverlay = (runs: readonly RunView[], options: LossOverlayOptions = {}): Chart =>
  runLines(
    runs.map(
      (run, i): RunLine => ({
        name: run.name,
        group: groupOf(options, run, i),
        points: bucketsIn(run, options.steps)
          .filter((bucket) => run.learning.finite[bucket]! > 0)
          .map((bucket) => {
            const value = run.learning.lossSum[bucket]! / run.learning.finite[bucket]!;
            return {
              step: middleOf(run, bucket),
              value,
              text: `${stepsText(run, bucket)}: mean loss ${numberText(value)}`,
            };
          }),
      }),
    ),
    { ...options, ariaLabel: `Loss of ${runs.length} runs by step`, label: "training loss, mean" },
  );

/** Metrics that score the epochs of the runs, each once. */
export const metricsOf = (runs: readonly RunView[]): readonly string[] => [
  ...new Set(runs.flatMap(({ epochs }) => epochs.map(({ metric }) => metric))),
];

/**
 * Scores by epoch, at the last step of each; on the test samples, or on the training samples if there are none.
 *
 * @param metric metric that scores the runs, such as `accuracy`
 * @example not run: it reads runs
 * const runs = ["runs/one", "runs/other"].map((dir) => readRunView(dir));
 * const chart = scoreOverlay(runs, "accuracy");
 */
export const scoreOverlay = (
  runs: readonly RunView[],
  metric: string,
  options: OverlayOptions = {},
): Chart => {
  const { factor, unit } = scoreUnit(metric);
  return runLines(
    runs.map(
      (run, i): RunLine => ({
        name: run.name,
        group: groupOf(options, run, i),
        points: run.epochs
          .filter((epoch) => epoch.metric === metric)
          .map(({ epoch, steps, testScore, trainScore }) => {
            const score = testScore ?? trainScore ?? Number.NaN;
            return {
              step: steps - 1,
              value: factor * score,
              text: `epoch ${epoch}: ${testScore === undefined ? "training" : "test"} ${scoreName(metric)} ${scoreText(metric, score)}`,
            };
          }),
      }),
    ),
    {
      ...options,
      ariaLabel: `${scoreName(metric)} of ${runs.length} runs by epoch`,
      label: [scoreName(metric), unit].filter((part) => part !== "").join(", "),
      marked: true,
    },
  );
};
