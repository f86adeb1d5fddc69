/** @file Functions of a user that write to what they are given: the run goes on as with functions that only read it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range } from "../../../core/range.ts";
import type { Signal } from "../../../core/signal.ts";
import type { Target } from "../../../core/target.ts";
import { elements, type HostTensor } from "../../../core/tensor.ts";
import { decodeCenters } from "../../../operators/detection/decodeCenters.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { evaluateLoss, type LossValue } from "../../../operators/losses/evaluateLoss.ts";
import { unlikeTarget } from "../../../operators/losses/loss.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { epochMetric } from "../../../operators/taps/epochMetric.ts";
import { optimizerOf } from "../../../operators/training/optimizers.ts";
import { hostRule } from "../../../operators/training/updateRule.ts";
import { fromArrays } from "../../../pipelines/data/fromArrays.ts";
import { type ExperimentParts, experiment } from "../../../pipelines/experiments/experiment.ts";
import type { TrainEvent } from "../../../pipelines/runs/events.ts";
import type { RunOptions } from "../../../pipelines/runs/train.ts";
import { estimate, type RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { heldFor } from "../../../quantizers/estimators/heldFor.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { detecting } from "../runs/detectingRun.ts";
import { eventsOf, parts as toTensors } from "./sums.ts";

const test = suite("functions that write to their arguments");

const toLabels: ExperimentParts = {
  name: "labels",
  network: quantized(dense)("output", { units: 3, gain: 1 }),
  data: fromArrays(
    Float32Array.from({ length: 96 }, (_, i) => ((11 * i) % 17) / 17),
    Int32Array.from({ length: 48 }, (_, n) => (5 * n) % 3),
    [1, 1, 2],
    { test: 0.25 },
  ),
  loss: crossEntropy(),
  batch: 8,
  epochs: 2,
};

/** What a run tells, without its times. */
const told = async (made: ExperimentParts, options: RunOptions = {}): Promise<readonly unknown[]> => {
  const events: readonly TrainEvent[] = await eventsOf(experiment(made), options);
  return events.map((event) => {
    const { seconds: _, bytesPerSecond: _b, ...rest } = event as unknown as Record<string, unknown>;
    return Object.fromEntries(Object.entries(rest).filter(([name]) => !/second/i.test(name)));
  });
};

const overwrite = (target: Target | HostTensor): void => {
  (target instanceof Int32Array ? target : elements(target)).fill(1);
};

const isOverwriting = [false, true];

/** Runs an experiment with functions that only read, and with ones that write: both must tell the same. */
const same = async (of: (writes: boolean) => ExperimentParts): Promise<void> => {
  const [reading, writing] = await Promise.all(isOverwriting.map((writes) => told(of(writes))));
  assert.equal(writing, reading);
};

for (const [kind, base] of [
  ["labels", toLabels],
  ["tensors", toTensors],
] as const) {
  test(`a metric that overwrites outputs and ${kind} changes neither scores nor weights`, async () => {
    await same((writes) => ({
      ...base,
      metrics: [
        {
          ...{ name: "mine", better: "lower" },
          evaluate: (output, target) => {
            if (writes) for (const one of [output, target]) overwrite(one);
            return 1;
          },
        },
      ],
    }));
  });

  test(`a metric of an evaluation that overwrites outputs and ${kind} changes no score`, async () => {
    await same((writes) => ({
      ...base,
      metrics: [
        epochMetric({
          ...{ name: "mine", better: "lower" },
          gather: (output, target) => {
            if (writes) for (const one of [output, target]) overwrite(one);
            return 1;
          },
          compute: (all) => all.length,
        }),
      ],
    }));
  });
}

test("a metric that overwrites what was gathered leaves it whole for the others that share it", async () => {
  const gather = (output: HostTensor) => ({ y: elements(output).slice(), rows: [[output.shape[0]!]] });
  const sum = (all: readonly { readonly y: Float32Array; readonly rows: readonly (readonly number[])[] }[]) =>
    all.reduce((total, { y, rows }) => total + y.reduce((a, b) => a + b, rows[0]![0]!), 0);
  await same((writes) => ({
    ...toLabels,
    metrics: [
      epochMetric({
        ...{ name: "first", better: "lower", gather },
        compute: (all) => {
          if (writes)
            for (const { y, rows } of all) {
              y.fill(0);
              rows[0]!.length = 0;
            }
          return 1;
        },
      }),
      epochMetric({ ...{ name: "second", better: "lower", gather }, compute: sum }),
    ],
  }));
});

test("a loss of a user's own may overwrite outputs and targets", async () => {
  const worst = (y: Float32Array, t: Float32Array): LossValue => ({
    loss: y.reduce((sum, value, i) => sum + Math.abs(value - t[i]!), 0) / y.length,
    metrics: {},
    gradient: y.map((value, i) => Math.sign(value - t[i]!) / y.length),
  });
  await same((writes) => ({
    ...toTensors,
    network: sequential(quantized(dense)("output", { units: 2, gain: 1 }), relu()),
    loss: evaluateLoss(() => ({
      refuses: unlikeTarget,
      metrics: [],
      evaluate: (output, target) => {
        const value = worst(elements(output), elements(target as HostTensor));
        if (writes) for (const one of [output, target]) overwrite(one);
        return value;
      },
    })),
  }));
});

test("a fold may change its state: each site, and each try before the run, begins with a state of its own", async () => {
  const widened = (writes: boolean) =>
    estimate<{ range: Range }>({
      name: "widest",
      init: { range: { lo: 0, hi: 0 } },
      step: (state, { min, max }) => {
        const [lo, hi] = [Math.min(state.range.lo, min), Math.max(state.range.hi, max)];
        if (!writes) return { range: { lo, hi } };
        Object.assign(state.range, { lo, hi });
        return state;
      },
      read: ({ range }) => range,
    });
  for (const combined of [
    (inner: RangeEstimator) => inner,
    inHindsight,
    (inner: RangeEstimator) => heldFor(3, inner),
  ])
    await same((writes) => {
      const range = combined(widened(writes));
      return {
        ...toLabels,
        network: sequential(
          quantized(dense)("hidden", { units: 4 }),
          quantized(dense)("output", { units: 3 }),
        ),
        quantization: [{ activation: { bits: 4, range }, gradient: { bits: 4, range } }],
      };
    });
});

test("an update rule may overwrite the gradient", async () => {
  await same((writes) => {
    const rule = hostRule({
      state: {},
      update: (p, g, _state, { rate }) => {
        g.forEach((slope, i) => {
          p[i] = p[i]! - rate * slope;
        });
        if (writes) g.fill(9);
      },
    });
    return { ...toTensors, optimizer: optimizerOf("plain", rule) };
  });
});

test("a function that finds boxes may overwrite the outputs", async () => {
  await same((writes) => ({
    ...detecting,
    detections: (output, n) => {
      const found = decodeCenters(output, n);
      if (writes) overwrite(output);
      return found;
    },
  }));
});

test("a tap may change the signals that it sees", async () => {
  const spoil = (signal: Signal): void => {
    if (signal._tag === "RangeSeen")
      for (const part of [signal, signal.stat, signal.range])
        for (const name of Object.keys(part)) Object.assign(part, { [name]: -1 });
    if (signal._tag === "Metric") Object.assign(signal, { value: 7, samples: 1 });
    if (signal._tag === "Activation") overwrite(signal.target);
  };
  assert.equal(await told(toLabels, { tap: spoil }), await told(toLabels));
});

test.run();
