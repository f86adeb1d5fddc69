/** @file Types of user-defined metrics, which are reported beside the loss. */
import type { Target } from "../../core/target.ts";
import type { HostTensor } from "../../core/tensor.ts";

/** Whether a higher or a lower value is better. */
export type Better = "higher" | "lower";

interface NamedMetric {
  /** Name in events and tables. */
  readonly name: string;
  /** Which of two values is better. */
  readonly better: Better;
}

/** Metric of the network's output in single batches; runs average it over samples. */
export interface BatchMetric extends NamedMetric {
  /**
   * The mean over the samples of a batch. Receives copies of the output [N, H, W, C] and of the target: N class labels, or a
   * tensor with the output's shape.
   */
  readonly evaluate: (output: HostTensor, target: Target) => number;
}

// biome-ignore lint/suspicious/noExplicitAny: metrics of one list gather values of different types
type Anything = any;

/**
 * Metric of a whole evaluation that is not a mean over batches, e.g. F1, AUC or mean average precision: data is gathered from each
 * batch, and the metric is computed from all of it after the last one. It is measured on test samples only: during a training epoch
 * the network changes with every batch, and gathering costs time and memory.
 *
 * Metrics with the same `gather` function share the gathered data.
 */
export interface EpochMetric<T = Anything> extends NamedMetric {
  /**
   * Data to keep from a batch until the end of the evaluation. Receives copies of the output [N, H, W, C] and of the target: N
   * class labels, or a tensor. Everything is kept in memory, so return only what is needed.
   */
  readonly gather: (output: HostTensor, target: Target) => T;
  /** Computes the metric from the gathered data of all batches, in order, which it may change. */
  readonly compute: (gathered: readonly T[]) => number;
}

/** Metric of a network's output: a mean over batches, or computed from a whole evaluation. */
export type OutputMetric = BatchMetric | EpochMetric;

/** Whether a metric is computed from a whole evaluation. */
export const isEpochMetric = (metric: object): metric is EpochMetric => "gather" in metric;
