import { map, type Observable } from "rxjs";
import { named } from "../../../core/named.ts";
import type { RangeStat } from "../../../core/range.ts";
import { activation } from "../../../operators/layers/activation.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { loss } from "../../../operators/losses/loss.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { dclrs } from "../../../operators/training/dclrs.ts";
import { optimizerOf, optimizers } from "../../../operators/training/optimizers.ts";
import { sgdRule } from "../../../operators/training/sgd.ts";
import { hostRule } from "../../../operators/training/updateRule.ts";
import { fromArrays } from "../../../pipelines/data/fromArrays.ts";
import {
  type Experiment,
  type ExperimentParts,
  experiment,
} from "../../../pipelines/experiments/experiment.ts";
import { identified } from "../../../pipelines/runs/identified.ts";
import { runIdOf } from "../../../pipelines/runs/identity.ts";
import { openSource } from "../../../pipelines/runs/openSource.ts";
import { cpq } from "../../../quantizers/learned/cpq.ts";
import { lsq } from "../../../quantizers/learned/lsq.ts";
import { pact } from "../../../quantizers/learned/pact.ts";
import type { Projection } from "../../../quantizers/projections/projection.ts";
import type { Quantizer } from "../../../quantizers/quantizer.ts";
import { parts } from "./sums.ts";

/** 6x6 images of which one half is bright, labelled by the half. */
export const halves = fromArrays(
  Float32Array.from({ length: 36 * 40 }, (_, i) => (i % 6 < 3 === (Math.floor(i / 36) % 2 === 0) ? 1 : 0.1)),
  Array.from({ length: 40 }, (_, n) => n % 2),
  [6, 6, 1],
  { name: "halves", test: 0.2 },
);

export const conv = quantized(conv2d);

/** Layers between a convolution and the logits of the plain network. */
export const network = (
  behind: readonly Module[],
  convolution = conv("conv", { outChannels: 2, kernel: 3 }),
) => sequential(convolution, ...behind, quantized(dense)("output", { units: 2 }));

/** One step over halves with these layers. */
export const imagesWith = (module: Module): Experiment =>
  experiment({ network: module, data: halves, loss: crossEntropy(), batch: 16, epochs: 1 });

/** Identity of a run of an experiment. */
export const idOf = async (made: Experiment): Promise<string> =>
  runIdOf((await identified(await openSource(made, undefined, "spec", {}, {}))).identity);

/** Losses, activations, optimizers, .. of one text, which read a factor from around them. */
export const withFactor = {
  activation: (factor: number): Partial<ExperimentParts> => ({
    network: sequential(
      quantized(dense)("hidden", { units: 4 }),
      activation(
        "leaky",
        (x) => (x > 0 ? x : factor * x),
        (x) => (x > 0 ? 1 : factor),
      ),
      quantized(dense)("output", { units: 2 }),
    ),
  }),
  loss: (factor: number): Partial<ExperimentParts> => ({
    loss: loss(
      "squares",
      (y, t) => factor * (y - t) ** 2,
      (y, t) => 2 * factor * (y - t),
    ),
  }),
  rule: (factor: number): Partial<ExperimentParts> => ({
    optimizer: optimizerOf(
      "falling",
      hostRule({
        state: {},
        update: (p, g, _state, { rate }) =>
          p.forEach((v, i) => {
            p[i] = v - factor * rate * (g[i] as number);
          }),
      }),
    ),
  }),
  schedule: (factor: number): Partial<ExperimentParts> => ({
    // Differs at the last step of the run alone.
    schedule: named("mine", (step: number, steps: number) => (step === steps - 1 ? factor : 0.1)),
  }),
  estimator: (factor: number): Partial<ExperimentParts> => ({
    quantization: [
      {
        gradient: {
          range: named("wide", (observed$: Observable<RangeStat>) =>
            observed$.pipe(map(({ min, max }) => ({ lo: factor * min, hi: factor * max }))),
          ),
        },
      },
    ],
  }),
  projection: (factor: number): Partial<ExperimentParts> => ({
    quantization: [
      {
        weight: {
          quantizer: {
            name: "shrunk",
            project: (x: Float32Array) => ({ values: x.map((value) => value / factor), clipped: 0 }),
          } as unknown as Projection,
        },
      },
    ],
  }),
  learnedRange: (factor: number): Partial<ExperimentParts> => ({
    quantization: [{ activation: { quantizer: pact({ alpha: factor }) } }],
  }),
  learnedScale: (factor: number): Partial<ExperimentParts> => ({
    quantization: [{ activation: { quantizer: { ...lsq(), gradientScale: () => factor } } }],
  }),
  transform: (factor: number): Partial<ExperimentParts> => ({
    quantization: [{ weight: { quantizer: cpq({ sigma: factor }) } }],
  }),
  choice: (factor: number): Partial<ExperimentParts> => ({
    quantization: [
      {
        weight: {
          quantizer: {
            name: "chosen",
            choose: (base: Quantizer) => ({ ...base, learned: { ...lsq(), start: () => factor } }),
          },
        },
      },
    ],
  }),
  batches: (factor: number): Partial<ExperimentParts> => ({
    optimizer: { ...optimizers.sgd(), batchAt: (step) => Math.floor(step / factor) },
  }),
  scaling: (factor: number): Partial<ExperimentParts> => ({
    optimizer: optimizerOf("mine", sgdRule(0.9, false), { scaling: dclrs({ alpha: factor }) }),
  }),
  metric: (factor: number): Partial<ExperimentParts> => ({
    metrics: [{ name: "mine", better: "lower", evaluate: (y) => factor * (y.data[0] as number) }],
  }),
};

export const sumsWith = (changed: Partial<ExperimentParts>): Experiment =>
  experiment({ ...parts, epochs: 1, ...changed });
