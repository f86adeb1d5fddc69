/** @file The log barrier in the loss of a network: on its weights, and on activations, so that low-precision sums do not overflow. */
import * as E from "fp-ts/lib/Either.js";
import { after, all, type Eventual, isPromise } from "../../core/eventual.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import { type LogBarrier, twoSidedBarrier } from "../../core/logBarrier.ts";
import type { Emit, ParameterGradient, Signal } from "../../core/signal.ts";
import { samplesOf } from "../../core/target.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";
import type { Hook } from "../module/hooks.ts";
import { kept, onHost } from "../module/kept.ts";
import { onActivation } from "../module/layer.ts";
import type { Module } from "../module/module.ts";
import { heldFor, releasing } from "../module/releasing.ts";
import { beforeActivation } from "../sites/quantize.ts";

/** The mean barrier of values, and its gradient times `weight`, added to `gradient`. Values that are NaN take no part. */
const barred = (
  { weight, bound }: LogBarrier,
  t: number,
  x: Float32Array,
  gradient: Float32Array,
): { readonly mean: number; readonly gradient: Float32Array } => {
  const sum = new Float32Array(gradient);
  const share = weight / x.length;
  let total = 0;
  for (let i = 0; i < x.length; i++) {
    const { value, slope } = twoSidedBarrier(t, bound, x[i] as number);
    if (Number.isNaN(value)) continue;
    total += value;
    sum[i] = (sum[i] as number) + share * slope;
  }
  return { mean: total / Math.max(x.length, 1), gradient: sum };
};

/**
 * Adds the barrier of every layer's weights to the loss, as its gradient; belongs between the loss and the optimizer.
 *
 *     loss + weight * sum over layers of mean over i of [psi(w_i - bound) + psi(-w_i - bound)]
 *
 * Emits the sum of the means as the metric `barrier`.
 *
 * @see Li et al. 2021 (LogBTQ), OpenReview igkmo23BgzB, whose formula could not be read: this is our reconstruction (docs/methods.md 4)
 */
export const weightBarrier =
  (barrier: LogBarrier): Module =>
  ({ engine, shape }) =>
    E.right({
      shape,
      ...onActivation((activation, emit) => {
        if (!activation.training) return activation;
        const { step } = activation;
        const t = barrier.sharpness(step);
        let sum = 0;
        const withBarrier = (signal: ParameterGradient): Eventual<ParameterGradient> => {
          const { parameter } = signal;
          return after(all([engine.read(parameter.value), engine.read(signal.gradient)]), ([w, dw]) => {
            const { mean, gradient } = barred(
              barrier,
              t,
              elements(w as HostTensor),
              elements(dw as HostTensor),
            );
            sum += mean;
            return { ...signal, gradient: engine.upload(gradient, parameter.value.shape) };
          });
        };
        const passed: Eventual<unknown>[] = [];
        const pass = (signal: Signal | undefined): Eventual<Signal | undefined> =>
          signal?._tag === "ParameterGradient" && signal.parameter.kind === "weight"
            ? withBarrier(signal)
            : signal;
        const pullback = (dy: Expr, emitBack: Emit): Eventual<void> =>
          after(
            activation.pullback(dy, (signal) => {
              const taken = after(signal, pass);
              if (isPromise(taken)) passed.push(taken);
              emitBack(taken);
            }),
            () =>
              after(all(passed), () => {
                const samples = samplesOf(activation.target);
                emit({ _tag: "Metric", step, name: "barrier", value: sum, samples, training: true });
              }),
          );
        return { ...activation, pullback };
      }),
    });

/** Adds the barrier of an activation to the loss, as its gradient: on the inputs of a network, or before a quantizer. */
export const activationBarrier =
  (barrier: LogBarrier): Module =>
  ({ engine, shape }) =>
    E.right({
      shape,
      ...onActivation((activation) => {
        if (!activation.training) return activation;
        const x = kept(activation.x);
        const pullback = (dyExpr: Expr, emit: Emit): Eventual<void> =>
          after(onHost(engine, dyExpr), (dy) =>
            after(onHost(engine, x), (values) => {
              const t = barrier.sharpness(activation.step);
              const { gradient } = barred(barrier, t, elements(values), elements(dy));
              const dx = ofTensor(engine.upload(gradient, dy.shape));
              return activation.pullback(releasing(dx, heldFor(activation.x, x)), emit);
            }),
          );
        return { ...activation, x, pullback };
      }),
    });

/** Adds the barrier of every activation that is quantized to the loss, in front of its quantizer. */
export const barrierOnActivations = (barrier: LogBarrier): Hook =>
  beforeActivation.hook(activationBarrier(barrier));
