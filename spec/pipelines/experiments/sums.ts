/** @file An experiment in code that the specs share: sums and differences of two numbers, learned by a small network. */
import { lastValueFrom, toArray } from "rxjs";
import { elements } from "../../../core/tensor.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { absoluteError } from "../../../operators/losses/absoluteError.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import type { BatchMetric } from "../../../operators/taps/outputMetric.ts";
import { optimizers } from "../../../operators/training/optimizers.ts";
import { cosine } from "../../../operators/training/schedule.ts";
import { fromArrays } from "../../../pipelines/data/fromArrays.ts";
import type { Experiment, ExperimentParts } from "../../../pipelines/experiments/experiment.ts";
import type { TrainEvent } from "../../../pipelines/runs/events.ts";
import { type RunOptions, train } from "../../../pipelines/runs/train.ts";

/** y = |a - b| and a + b, from a grid of a and b. */
export const sums = (count: number, shift = 0) => {
  const x = new Float32Array(2 * count);
  const y = new Float32Array(2 * count);
  for (let n = 0; n < count; n++) {
    const [a, b] = [((7 * n) % 23) / 23, ((5 * n) % 19) / 19 + shift];
    x.set([a, b], 2 * n);
    y.set([Math.abs(a - b), a + b], 2 * n);
  }
  return fromArrays(x, y, [1, 1, 2], { name: "sums", test: 0.2 });
};

export const worst: BatchMetric = {
  name: "worst",
  better: "lower",
  evaluate: (output, target) => {
    const [y, t] = [elements(output), elements(target as typeof output)];
    return y.reduce((most, value, i) => Math.max(most, Math.abs(value - (t[i] as number))), 0);
  },
};

export const parts: ExperimentParts = {
  name: "sums",
  network: sequential(
    quantized(dense)("hidden", { units: 16 }),
    relu(),
    quantized(dense)("output", { units: 2, gain: 1 }),
  ),
  data: sums(200),
  loss: absoluteError(),
  optimizer: optimizers.adam({ momentum: 0.8 }),
  schedule: cosine(0.01),
  metrics: [worst],
  quantization: [{ weight: { bits: 6 } }],
  batch: 16,
  epochs: 3,
};

export const eventsOf = (made: Experiment, options: RunOptions = {}): Promise<TrainEvent[]> =>
  lastValueFrom(train(made, { engine: "simd", threads: 1, ...options }).pipe(toArray()));
