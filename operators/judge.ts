/** @file What every loss does with its judgement of a batch: metrics on the way forward, a gradient on the way back. */
import type { Engine } from "../core/engine.ts";
import { problem, RangeflowFailure } from "../core/errors.ts";
import { after } from "../core/eventual.ts";
import { ofTensor } from "../core/pass.ts";
import type { Activation, Emit, Parameter } from "../core/signal.ts";
import { samplesOf, type Target } from "../core/target.ts";
import { elements, type Tensor } from "../core/tensor.ts";
import { onHost } from "./kept.ts";
import { type Layer, onActivation } from "./layer.ts";
import type { Scope } from "./module.ts";
import { nonFiniteOf, readAll } from "./parameters.ts";

/** How far the output of a network is from its target. */
export interface Judgement {
  readonly loss: number;
  /** What else there is to say, as means over the samples. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Of the loss with respect to the output. */
  readonly gradient: Float32Array;
}

/** The loss is not a number any more: a signal that says where that began, and then the end of the run. */
const lost = (
  path: string,
  { step }: Activation,
  loss: number,
  culprit: Parameter | undefined,
  emit: Emit,
): never => {
  const found = `the loss is ${loss}${culprit ? `, and ${culprit.path} holds NaN or infinity` : ""}`;
  emit({
    _tag: "Fault",
    step,
    site: culprit?.path ?? path,
    kind: "LossNotFinite",
    message: `${path}, step ${step}: ${found}`,
  });
  throw new RangeflowFailure(
    problem(`${path}, step ${step}`, found, "a finite loss", "lower the learning rate, or use more bits"),
  );
};

const judged = (
  engine: Engine,
  activation: Activation,
  output: Tensor,
  { loss, metrics, gradient }: Judgement,
  emit: Emit,
): Activation => {
  const { step, training, target } = activation;
  for (const [name, value] of Object.entries({ loss, ...metrics }))
    emit({ _tag: "Metric", step, name, value, samples: samplesOf(target), training });
  return {
    ...activation,
    x: ofTensor(engine.upload(Float32Array.of(loss), [1, 1, 1, 1])),
    pullback: (dy, emitBack) =>
      after(onHost(engine, dy), (weight) => {
        const [factor] = elements(weight) as unknown as [number];
        const dx = gradient.map((g) => factor * g);
        return activation.pullback(ofTensor(engine.upload(dx, output.shape)), emitBack);
      }),
  };
};

/**
 * The layer of a loss: [N, H, W, C] to the loss [1, 1, 1, 1], with a `Metric` for `loss` and for each further metric.
 *
 * @param path where the loss stands; used in errors only
 * @param judge compares the output of the network with the target, on the host
 */
export const judging = (
  { engine, parameters }: Scope,
  path: string,
  judge: (output: Tensor, target: Target) => Judgement,
): Layer =>
  onActivation((activation, emit) =>
    after(onHost(engine, activation.x), (output) => {
      const judgement = judge(output, activation.target);
      if (Number.isFinite(judgement.loss)) return judged(engine, activation, output, judgement, emit);
      return after(readAll(engine, parameters), (all) =>
        lost(path, activation, judgement.loss, nonFiniteOf(all), emit),
      );
    }),
  );
