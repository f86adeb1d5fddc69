/** @file A run as a fold over its signals: its state after each of them, and the event to emit. */
import type { Losses, Signal } from "../../core/signal.ts";
import { samplesOf } from "../../core/target.ts";
import { isEpochMetric, type OutputMetric } from "../../operators/taps/outputMetric.ts";
import { type Summarizer, summarizer } from "../../operators/taps/summarizer.ts";
import { lossesAfter } from "../../operators/training/lossesAfter.ts";
import type { ScoreMetric } from "../experiments/experiment.ts";
import type { EpochEvent, MetricEvent, StepEvent } from "./events.ts";
import { extrasOf, metric, testMetric } from "./progress.ts";
import type { Progress } from "./savedProgress.ts";
import { scoreFor } from "./scores.ts";
import { batchesIn, batchPlaceOf, type Timetable } from "./timetable.ts";
import { type ToldMetric, toldMetrics } from "./toldMetrics.ts";

/** A batch is about to be made. */
export interface BatchBegun {
  readonly _tag: "BatchBegun";
}

/** Position in a run where an evaluation begins. */
export type EvaluationStart = Pick<Progress, "index" | "run" | "epoch">;

/** State of a run after a signal. */
export interface RunState {
  /** Number of the next batch in the timetable. */
  readonly index: number;
  /** Training steps so far. */
  readonly step: number;
  /** Summaries of the current epoch and of the whole run. Signals are added to them in place. */
  readonly epoch: Summarizer;
  readonly all: Summarizer;
  /** Score of each finished epoch. */
  readonly scores: readonly number[];
  readonly losses: Losses | undefined;
  /** Loss of the last training batch; NaN before the first. */
  readonly loss: number;
  /** Number of trained images, and the milliseconds that training them took; evaluations do not count. */
  readonly trained: { readonly images: number; readonly milliseconds: number };
  /** Time when the current batch began. */
  readonly begun: number;
  /**
   * Beginning of the current evaluation. A run that is stopped during it repeats it, because metrics' intermediate values are not saved.
   */
  readonly evaluation: EvaluationStart | undefined;
  /** Event caused by the last signal. */
  readonly event: StepEvent | EpochEvent | undefined;
}

/** Facts of a run that the fold needs. */
export interface RunFacts {
  readonly timetable: Timetable;
  readonly score: ScoreMetric | undefined;
  /** User-defined metrics. */
  readonly metrics: readonly OutputMetric[];
  /** Names of the metrics that its modules emit. */
  readonly declared: readonly string[];
  /** Learning rate of a step. */
  readonly rate: (step: number) => number;
  /** Clock in milliseconds, with any origin. */
  readonly now: () => number;
}

/** State of a saved run, or of one that has not begun. */
export const stateFrom = (
  { index, epoch, testScores, losses, trained }: Progress,
  step: number,
  all: Summarizer,
): RunState => ({
  index,
  step,
  epoch: summarizer(epoch),
  all,
  scores: testScores,
  losses,
  loss: Number.NaN,
  trained,
  begun: 0,
  evaluation: undefined,
  event: undefined,
});

/** Position from which a run resumes, with its counts up to there. */
const placeIn = ({ index, all, epoch }: RunState): EvaluationStart => ({
  index,
  run: all.save(),
  epoch: epoch.save(),
});

/** Progress to save, for a run that has taken `seconds`. */
export const progressOf = (state: RunState, seconds: number): Progress => ({
  ...(state.evaluation ?? placeIn(state)),
  testScores: state.scores,
  losses: state.losses,
  seconds,
  trained: state.trained,
});

export const imagesPerSecond = ({ trained: { images, milliseconds } }: Pick<RunState, "trained">): number =>
  milliseconds > 0 ? (1000 * images) / milliseconds : 0;

/** Values of the metrics other than the loss, as far as there are any. */
const metricEvents = (
  epoch: Summarizer,
  metrics: readonly ToldMetric[],
  isTested: boolean,
): readonly MetricEvent[] =>
  metrics
    .filter(({ isOfEvaluation }) => isTested || !isOfEvaluation)
    .map(({ name, isOfEvaluation }) => ({
      name,
      ...(!isOfEvaluation && { train: metric(epoch, name) }),
      ...(isTested && { test: testMetric(epoch, name) }),
    }));

/** Ends an epoch: makes its event, and starts a new epoch. */
const epochDone = (
  state: RunState,
  epoch: number,
  { timetable, score, metrics, declared, rate }: RunFacts,
): RunState => {
  const { epoch: summary, step } = state;
  const { metric: name } = scoreFor(score, (one) => !Number.isNaN(metric(summary, one)));
  const [trainScore, testScore] = [metric(summary, name), testMetric(summary, name)];
  const isTested = timetable.testBatches > 0;
  const told = metricEvents(summary, toldMetrics(metrics, declared, name), isTested);
  const isTrained = !metrics.some((one) => one.name === name && isEpochMetric(one));
  const event: EpochEvent = {
    event: "epoch",
    epoch: epoch + 1,
    loss: metric(summary, "loss"),
    ...(isTested && { testLoss: testMetric(summary, "loss") }),
    metric: name,
    ...(isTrained && { trainScore }),
    ...(isTested && { testScore }),
    ...(told.length > 0 && { metrics: told }),
    learningRate: rate(step - 1),
    imagesPerSecond: imagesPerSecond(state),
    ...extrasOf(summary),
  };
  const scores = [...state.scores, isTested ? testScore : trainScore];
  return { ...state, scores, epoch: summarizer(), evaluation: undefined, event };
};

/** Handles the beginning of a batch. */
const batchBegun = (state: RunState, { timetable, now }: RunFacts): RunState => {
  const { training, position } = batchPlaceOf(timetable, state.index);
  const begun = { ...state, begun: now(), event: undefined };
  return training || position > 0 ? begun : { ...begun, evaluation: placeIn(state) };
};

/** Handles a batch that has passed the whole network. */
const batchDone = (
  before: RunState,
  { training, target }: Signal & { readonly _tag: "Activation" },
  facts: RunFacts,
): RunState => {
  const { epoch, isLastOfEpoch } = batchPlaceOf(facts.timetable, before.index);
  const { images, milliseconds } = before.trained;
  const state: RunState = training
    ? {
        ...before,
        index: before.index + 1,
        step: before.step + 1,
        trained: {
          images: images + samplesOf(target),
          milliseconds: milliseconds + facts.now() - before.begun,
        },
      }
    : { ...before, index: before.index + 1 };
  if (isLastOfEpoch) return epochDone(state, epoch, facts);
  if (!training) return { ...state, event: undefined };
  const event: StepEvent = {
    event: "step",
    epoch: epoch + 1,
    step: state.step,
    steps: facts.timetable.epochs * facts.timetable.trainBatches,
    loss: state.loss,
    epochLoss: metric(state.epoch, "loss"),
    learningRate: facts.rate(state.step - 1),
    imagesPerSecond: imagesPerSecond(state),
  };
  return { ...state, event };
};

const isBatchLoss = (signal: Signal): signal is Signal & { readonly _tag: "Metric" } =>
  signal._tag === "Metric" && signal.training && signal.name === "loss" && signal.site === undefined;

/** State of a run after one more signal. */
export const advance =
  (facts: RunFacts) =>
  (state: RunState, signal: Signal | BatchBegun): RunState => {
    if (signal._tag === "BatchBegun") return batchBegun(state, facts);
    state.all.add(signal);
    state.epoch.add(signal);
    if (signal._tag === "Activation") return batchDone(state, signal, facts);
    const losses = lossesAfter(state.losses, signal);
    const loss = isBatchLoss(signal) ? signal.value : state.loss;
    return losses === state.losses && loss === state.loss && state.event === undefined
      ? state
      : { ...state, losses, loss, event: undefined };
  };

/** Whether a run has finished. */
export const isOver = ({ index }: Pick<RunState, "index">, timetable: Timetable): boolean =>
  index >= batchesIn(timetable);
