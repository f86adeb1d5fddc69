/** @file What every loss does with its judgement of a batch: metrics on the way forward, a gradient on the way back. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { after, all, type Eventual } from "../../core/eventual.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { Activation, Emit, Parameter } from "../../core/signal.ts";
import { samplesOf, type Target } from "../../core/target.ts";
import { elements, type HostTensor, type Tensor } from "../../core/tensor.ts";
import { onHost } from "../module/kept.ts";
import { type Openable, onActivation } from "../module/layer.ts";
import type { Scope } from "../module/module.ts";
import { nonFiniteOf, readAll } from "../module/parameters.ts";

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

/** Outputs of networks, what a loss makes of them, and the way back for one gradient each. */
export interface Judged {
  readonly outputs: readonly Expr[];
  readonly judge: (outputs: readonly HostTensor[]) => {
    readonly loss: number;
    /** All that is told, the loss among it. */
    readonly metrics: Judgement["metrics"];
    readonly gradients: readonly Float32Array[];
  };
  readonly back: (gradients: readonly Expr[], emit: Emit) => Eventual<void>;
}

/**
 * Ends an activation in a loss [1, 1, 1, 1], with a `Metric` for each of its metrics.
 *
 * @param path where the loss stands; used in errors only
 */
export const ending =
  ({ engine, parameters }: Scope, path: string) =>
  (activation: Activation, { outputs, judge, back }: Judged, emit: Emit): Eventual<Activation> =>
    after(all(outputs.map((output) => onHost(engine, output))), (tensors) => {
      const { loss, metrics, gradients } = judge(tensors);
      if (!Number.isFinite(loss))
        return after(readAll(engine, parameters), (all) =>
          lost(path, activation, loss, nonFiniteOf(all), emit),
        );
      const { step, training, target } = activation;
      for (const [name, value] of Object.entries(metrics))
        emit({ _tag: "Metric", step, name, value, samples: samplesOf(target), training });
      const weighted = (factor: number): readonly Expr[] =>
        gradients.map((gradient, i) => {
          const { shape } = tensors[i] as Tensor;
          return ofTensor(
            engine.upload(
              gradient.map((g) => factor * g),
              shape,
            ),
          );
        });
      return {
        ...activation,
        x: ofTensor(engine.upload(Float32Array.of(loss), [1, 1, 1, 1])),
        pullback: (dy, emitBack) =>
          after(onHost(engine, dy), (weight) => back(weighted(elements(weight)[0] as number), emitBack)),
      };
    });

/**
 * The layer of a loss: [N, H, W, C] to the loss [1, 1, 1, 1], with a `Metric` for `loss` and for each further metric.
 *
 * @param path where the loss stands; used in errors only
 * @param judge compares the output of the network with the target, on the host
 */
export const judging = (
  scope: Scope,
  path: string,
  judge: (output: HostTensor, target: Target) => Judgement,
): Openable =>
  onActivation((activation, emit) => ending(scope, path)(activation, alone(activation, judge), emit), path);

/** The output of an activation by itself, and its own way back. */
export const alone = (
  { x, target, pullback }: Activation,
  judge: (output: HostTensor, target: Target) => Judgement,
): Judged => ({
  outputs: [x],
  judge: ([output]) => {
    const { loss, metrics, gradient } = judge(output as HostTensor, target);
    return { loss, metrics: { loss, ...metrics }, gradients: [gradient] };
  },
  back: ([dx], emit) => pullback(dx as Expr, emit),
});
