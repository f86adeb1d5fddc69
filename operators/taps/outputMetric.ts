/** @file Metrics of one's own: what is told of outputs and targets beside the loss. */
import type { Target } from "../../core/target.ts";
import type { Tensor } from "../../core/tensor.ts";

/** Which of two values of a metric is the better one. */
export type Better = "higher" | "lower";

/** What is measured of the output of a network, batch by batch; runs average it over samples. */
export interface OutputMetric {
  /** As events and tables call it. */
  readonly name: string;
  readonly better: Better;
  /** The mean over the samples of a batch: output [N, H, W, C], and N classes or a tensor of the output's shape. */
  readonly evaluate: (output: Tensor, target: Target) => number;
}
