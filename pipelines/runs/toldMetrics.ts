/** @file Metrics that a run tells beside its loss: those of a user's own, and those that modules emit, such as the terms of a loss. */
import type { Note } from "../../operators/module/notes.ts";
import { isEpochMetric, type OutputMetric } from "../../operators/taps/outputMetric.ts";

/** Names of the metrics that modules say they emit, such as `loss` and `accuracy`. */
export const declaredMetrics = (notes: readonly Note[]): readonly string[] => [
  ...new Set(notes.flatMap((note) => (note._tag === "MetricNames" ? note.names : []))),
];

export interface ToldMetric {
  readonly name: string;
  /** Whether it is computed of a whole evaluation, and has no value of training. */
  readonly isOfEvaluation: boolean;
}

/**
 * Metrics beside the loss: own ones, of which one may be the score, and declared ones but the score, which is told anyhow.
 *
 * @param score name of the metric that the run is judged by
 */
export const toldMetrics = (
  own: readonly OutputMetric[],
  declared: readonly string[],
  score: string,
): readonly ToldMetric[] => [
  ...own.map((one) => ({ name: one.name, isOfEvaluation: isEpochMetric(one) })),
  ...declared
    .filter((name) => name !== "loss" && name !== score)
    .map((name) => ({ name, isOfEvaluation: false })),
];
