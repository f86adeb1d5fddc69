/** @file A network in training that takes one step per call. */
import { tap } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { key, normal } from "../../core/random.ts";
import type { Parameter, Signal } from "../../core/signal.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import { classifiers, imageShape } from "../../models/models.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { type Batch, beginStep, build, scopeFor } from "../../operators/module/build.ts";
import type { Layer } from "../../operators/module/layer.ts";
import type { Module } from "../../operators/module/module.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { defaultQuantizer } from "../../quantizers/defaultQuantizer.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";

export type ModelName = keyof typeof classifiers;

export interface TrainerOptions {
  readonly model: ModelName;
  readonly batch: number;
  /** Replaces the model up to the logits. Images keep the size of the model's. */
  readonly network?: Module;
  /** `static`: W8A8G8 with in-hindsight ranges; `dynamic`: W8A8G8 with the range of each tensor; `float`: float32. */
  readonly ranges?: "static" | "dynamic" | "float";
  readonly engine?: Engine;
  /** Layer after the network, for example a tap on its signals. */
  readonly through?: Layer;
}

export interface Trainer {
  /** Takes one step and returns its loss. */
  readonly step: () => number;
  /** The batch of every step. */
  readonly images: Batch<Int32Array>;
  /** Parameters in the order of their creation. Their values change with every step. */
  readonly parameters: readonly Parameter[];
  readonly engine: Engine;
  readonly close: () => void;
}

const classes = 10;

/** Images of normal noise, the same ones each time. */
const noise = (images: number, shape: Shape): Batch<Int32Array> => {
  const seed = key(1);
  return {
    x: Float32Array.from({ length: images * sizeOf(shape) }, (_, i) => normal(seed, i)),
    target: Int32Array.from({ length: images }, (_, i) => i % classes),
    shape: [images, ...shape],
  };
};

const current: NamedEstimator = { name: "currentMinMax", estimator: currentMinMax() };

const quantizers = {
  static: () => defaultQuantizer(),
  dynamic: () => defaultQuantizer({ estimators: { activation: current, gradient: current } }),
  float: () => defaultQuantizer({ bits: { weight: 32, activation: 32, gradient: 32 } }),
};

/** The rate is so small that learning from noise does not affect measurements. */
export const descent = { rate: 1e-4, momentum: 0.9, weightDecay: 1e-4 };

/** Opens a network that learns one batch of noise, on a synchronous engine. */
export const openTrainer = ({
  model,
  batch,
  network = classifiers[model]({ classes }),
  ranges = "static",
  engine = simd(),
  through = (signals$) => signals$,
}: TrainerOptions): Trainer => {
  const shape = imageShape(model);
  const images = noise(batch, shape);
  const scope = scopeFor({ engine, shape, quantizer: quantizers[ranges]() });
  const module = sequential(network, crossEntropy(), sgd({ ...descent, rate: constantRate(descent.rate) }));
  const { layer } = build(module, scope);
  let loss = Number.NaN;
  let resume = (): void => {};
  let failure: { readonly error: unknown } | undefined;
  const subscription = runBatches(
    {
      to: Number.POSITIVE_INFINITY,
      pause: (next) => {
        resume = next;
        return true;
      },
    },
    (step) => beginStep(engine, images, { step, training: true }),
  )(layer)
    .pipe(through)
    .subscribe({
      next: (signal) => {
        if (signal._tag === "Metric" && signal.name === "loss") loss = signal.value;
      },
      error: (error: unknown) => {
        failure = { error };
      },
    });
  return {
    step: () => {
      resume();
      if (failure) throw failure.error;
      return loss;
    },
    images,
    parameters: scope.parameters.list(),
    engine,
    close: () => {
      subscription.unsubscribe();
      engine.dispose();
    },
  };
};

/** The signals of the first step of a network, for comparison. */
export const signalsOfFirstStep = (options: TrainerOptions): readonly Signal[] => {
  const signals: Signal[] = [];
  const trainer = openTrainer({
    ...options,
    through: tap((signal) => {
      signals.push(signal);
    }),
  });
  trainer.step();
  trainer.close();
  return signals;
};
