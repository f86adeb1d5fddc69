/** @file Metrics of one's own: what is told of outputs and targets beside the loss. */
import type { Target } from "../../core/target.ts";
import type { HostTensor } from "../../core/tensor.ts";

/** Which of two values of a metric is the better one. */
export type Better = "higher" | "lower";

interface NamedMetric {
  /** Name in events and tables. */
  readonly name: string;
  readonly better: Better;
}

/** Metric of a network's output, batch by batch; runs average it over samples. */
export interface BatchMetric extends NamedMetric {
  /** The mean over the samples of a batch, from a copy of the output: output [N, H, W, C], and N classes or a tensor of the output's shape. */
  readonly evaluate: (output: HostTensor, target: Target) => number;
}

// biome-ignore lint/suspicious/noExplicitAny: metrics of one list gather values of different types
type Anything = any;

/**
 * Metric of a whole evaluation that is no mean over its batches, such as F1, AUC or mean average precision: something is gathered from each
 * batch, and a number is computed of all that behind the last one. Training is not measured, where outputs of an epoch are those of as many
 * networks, and gathering them takes time and memory: such a metric has a value of the test samples only.
 *
 * Metrics with the same `gather`, the very function, gather once.
 */
export interface EpochMetric<T = Anything> extends NamedMetric {
  /**
   * What is kept of a batch until the end of the evaluation, from a copy of the output: output [N, H, W, C], and N classes or a tensor.
   * It is kept in memory, so keep of the output what counts.
   */
  readonly gather: (output: HostTensor, target: Target) => T;
  /** The metric, of what was gathered from each batch of the evaluation, in order. */
  readonly compute: (gathered: readonly T[]) => number;
}

/** Metric of a network's output: a mean over batches, or one that is computed of a whole evaluation. */
export type OutputMetric = BatchMetric | EpochMetric;

/** Whether a metric is one of a whole evaluation. */
export const isEpochMetric = (metric: object): metric is EpochMetric => "gather" in metric;
