/** @file Metrics that a run reports beside its loss: user-defined ones, and those that modules emit, such as the terms of a loss. */
import type { Note } from "../../operators/module/notes.ts";
import { isEpochMetric, type OutputMetric } from "../../operators/taps/outputMetric.ts";

/** Names of the metrics that modules declare, such as `loss` and `accuracy`. */
export const declaredMetrics = (notes: readonly Note[]): readonly string[] => [
  ...new Set(notes.flatMap((note) => (note._tag === "MetricNames" ? note.names : []))),
];

export interface ToldMetric {
  readonly name: string;
  /** Whether it is computed over a whole evaluation and has no training value. */
  readonly isOfEvaluation: boolean;
}

/**
 * Metrics reported beside the loss: all user-defined ones, including one that is the score, and declared ones except the score, which is
 * reported separately.
 *
 * @param score name of the metric that scores the run
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
