import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../core/engine.ts";
import { problem, RangeflowFailure } from "../core/errors.ts";
import { after } from "../core/eventual.ts";
import { ofTensor } from "../core/pass.ts";
import type { Activation, Emit } from "../core/signal.ts";
import { elements, type Tensor } from "../core/tensor.ts";
import { settle } from "./kept.ts";
import { onActivation } from "./layer.ts";
import { joined, type Module } from "./module.ts";
import { firstNonFinite, type Parameters } from "./parameters.ts";

interface Scored {
  readonly loss: number;
  readonly correct: number;
  /** Gradient of the mean loss with respect to the logits. */
  readonly gradient: Float32Array;
}

/**
 * Softmax and cross-entropy of [N, 1, 1, classes], with targets smoothed by s: (1 - s) on the label, s / classes on each.
 *
 *     loss = -mean over n of sum over k of target[n, k] log p[n, k],   dloss / dlogit = (p - target) / N
 */
const scored = (logits: Tensor, labels: Int32Array, smoothing: number): Scored => {
  const x = elements(logits);
  const classes = logits.shape[3] as number;
  const samples = x.length / classes;
  const gradient = new Float32Array(x.length);
  let loss = 0;
  let correct = 0;
  for (let n = 0; n < samples; n++) {
    const row = x.subarray(n * classes, (n + 1) * classes);
    let best = 0;
    for (let k = 1; k < classes; k++) if ((row[k] as number) > (row[best] as number)) best = k;
    const label = labels[n] as number;
    if (best === label) correct++;
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp((row[k] as number) - (row[best] as number));
    const logSum = Math.log(sum) + (row[best] as number);
    for (let k = 0; k < classes; k++) {
      const target = smoothing / classes + (k === label ? 1 - smoothing : 0);
      const logP = (row[k] as number) - logSum;
      if (target > 0) loss -= target * logP;
      gradient[n * classes + k] = (Math.exp(logP) - target) / samples;
    }
  }
  return { loss: loss / samples, correct, gradient };
};

/** The loss is not a number any more: a signal that says where that began, and then the end of the run. */
const lost = (
  path: string,
  { step }: Activation,
  loss: number,
  parameters: Parameters,
  emit: Emit,
): never => {
  const culprit = firstNonFinite(parameters);
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
  logits: Tensor,
  { loss, correct, gradient }: Scored,
  emit: Emit,
): Activation => {
  const { step, training, labels } = activation;
  const metric = (name: string, value: number): void =>
    emit({ _tag: "Metric", step, name, value, samples: labels.length, training });
  metric("loss", loss);
  metric("accuracy", correct / labels.length);
  return {
    ...activation,
    x: ofTensor(engine.upload(Float32Array.of(loss), [1, 1, 1, 1])),
    pullback: (dy, emitBack) =>
      after(settle(engine, dy), (weight) => {
        const [factor] = elements(weight) as unknown as [number];
        const dx = gradient.map((g) => factor * g);
        return activation.pullback(ofTensor(engine.upload(dx, logits.shape)), emitBack);
      }),
  };
};

/**
 * The mean cross-entropy of a batch: takes logits [N, 1, 1, classes], gives the loss [1, 1, 1, 1], emits `loss` and `accuracy`.
 *
 * A loss that is not finite emits a `Fault` that names the step and the first parameter that is not finite, and ends the run.
 *
 * @param smoothing part of the target that is spread over all classes, in [0, 1). Szegedy et al. 2016, arXiv:1512.00567
 */
export const crossEntropy =
  ({ smoothing = 0 }: { readonly smoothing?: number } = {}): Module =>
  (scope) => {
    const { engine, parameters } = scope;
    const path = joined(scope.path, "loss");
    const [height, width, classes] = scope.shape as [number, number, number];
    if (height !== 1 || width !== 1 || classes < 2)
      return E.left([
        problem(path, `logits of ${scope.shape.join("x")}`, "1x1xclasses", "end the network with dense()"),
      ]);
    return E.right({
      shape: [1, 1, 1],
      layer: onActivation((activation, emit) =>
        after(settle(engine, activation.x), (logits) => {
          const score = scored(logits, activation.labels, smoothing);
          return Number.isFinite(score.loss)
            ? judged(engine, activation, logits, score, emit)
            : lost(path, activation, score.loss, parameters, emit);
        }),
      ),
    });
  };
