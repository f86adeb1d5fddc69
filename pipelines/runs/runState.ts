/** @file A run as a fold over its signals: how far it is after each of them, and what there is to tell then. */
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

/** A place in a run where an evaluation begins. */
export type EvaluationStart = Pick<Progress, "index" | "run" | "epoch">;

export interface RunState {
  /** The next batch of the timetable. */
  readonly index: number;
  /** Training steps so far. */
  readonly step: number;
  /** Sums over the epoch that it is in, and over the whole run: collectors, which signals are added to in place. */
  readonly epoch: Summarizer;
  readonly all: Summarizer;
  /** The score of each epoch that is done. */
  readonly scores: readonly number[];
  readonly losses: Losses | undefined;
  /** Training steps alone: how many images, in how many milliseconds. */
  readonly trained: { readonly images: number; readonly milliseconds: number };
  /** When the batch was begun that is under way. */
  readonly begun: number;
  /** Beginning of the evaluation that it is in, which a run that was stopped there makes again: what metrics have gathered is not saved. */
  readonly evaluation: EvaluationStart | undefined;
  /** Event that the last signal has led to. */
  readonly event: StepEvent | EpochEvent | undefined;
}

/** Facts of a run that the fold needs. */
export interface RunFacts {
  readonly timetable: Timetable;
  readonly score: ScoreMetric | undefined;
  /** Metrics of a user's own. */
  readonly metrics: readonly OutputMetric[];
  /** Names of the metrics that its modules emit. */
  readonly declared: readonly string[];
  /** The learning rate of a step. */
  readonly rate: (step: number) => number;
  /** Milliseconds, from any beginning. */
  readonly now: () => number;
}

/** A run as it was saved, or one that has not begun. */
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
  trained,
  begun: 0,
  evaluation: undefined,
  event: undefined,
});

/** Place that a run goes on from: where it is, and what it has counted until then. */
const placeIn = ({ index, all, epoch }: RunState): EvaluationStart => ({
  index,
  run: all.save(),
  epoch: epoch.save(),
});

/** Progress to be saved of a run that has taken so many seconds. */
export const progressOf = (state: RunState, seconds: number): Progress => ({
  ...(state.evaluation ?? placeIn(state)),
  testScores: state.scores,
  losses: state.losses,
  seconds,
  trained: state.trained,
});

export const imagesPerSecond = ({ trained: { images, milliseconds } }: Pick<RunState, "trained">): number =>
  milliseconds > 0 ? (1000 * images) / milliseconds : 0;

/** Values of metrics beside the loss, of each as far as there are any. */
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

/** The end of an epoch: what it came to, and a new one. */
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

/** A batch is about to be made. */
const batchBegun = (state: RunState, { timetable, now }: RunFacts): RunState => {
  const { training, position } = batchPlaceOf(timetable, state.index);
  const begun = { ...state, begun: now(), event: undefined };
  return training || position > 0 ? begun : { ...begun, evaluation: placeIn(state) };
};

/** A batch has come out at the end of the network. */
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
    loss: metric(state.epoch, "loss"),
    imagesPerSecond: imagesPerSecond(state),
  };
  return { ...state, event };
};

/** The state of a run after one more signal. */
export const advance =
  (facts: RunFacts) =>
  (state: RunState, signal: Signal | BatchBegun): RunState => {
    if (signal._tag === "BatchBegun") return batchBegun(state, facts);
    state.all.add(signal);
    state.epoch.add(signal);
    if (signal._tag === "Activation") return batchDone(state, signal, facts);
    const losses = lossesAfter(state.losses, signal);
    return losses === state.losses && state.event === undefined
      ? state
      : { ...state, losses, event: undefined };
  };

/** Whether a run has gone to its end. */
export const isOver = ({ index }: Pick<RunState, "index">, timetable: Timetable): boolean =>
  index >= batchesIn(timetable);
