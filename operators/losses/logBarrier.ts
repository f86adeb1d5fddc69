/** @file Log barrier in the loss of a network, on its weights or on activations, so that low-precision sums do not overflow. */
import * as E from "fp-ts/lib/Either.js";
import { ofTensor } from "../../core/expr.ts";
import { type LogBarrier, twoSidedBarrier } from "../../core/logBarrier.ts";
import type { ParameterGradient } from "../../core/signal.ts";
import { samplesOf } from "../../core/target.ts";
import { elements } from "../../core/tensor.ts";
import type { Hook } from "../module/hooks.ts";
import type { Module, Scope } from "../module/module.ts";
import { probedSteps } from "../module/probe.ts";
import { beforeActivation } from "../sites/quantize.ts";
import { layer } from "../step/op.ts";
import { wait } from "../step/task.ts";
import { rewriteGradients } from "./rewriteGradients.ts";

/** The mean barrier of values, and its gradient times `weight`, added to `gradient`. NaN is ignored. */
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

/** Notes the schedule of a barrier's sharpness. */
const noteSharpness = (note: Scope["note"], { sharpness }: LogBarrier): void =>
  note({
    _tag: "Functions",
    place: "the barrier",
    functions: [sharpness],
    probe: () => probedSteps(sharpness),
  });

/**
 * Adds the barrier of all layers' weights to the loss, through their gradients. Place it between the loss and the optimizer.
 *
 *     loss + weight * sum over layers of mean over i of [psi(w_i - bound) + psi(-w_i - bound)]
 *
 * Emits the sum of the means as the metric `barrier`.
 *
 * @see Li et al. 2021 (LogBTQ), OpenReview igkmo23BgzB, whose formula could not be read: this is our reconstruction
 *   (docs/methods.md 4)
 */
export const weightBarrier =
  (barrier: LogBarrier): Module =>
  ({ engine, shape, path, note }) => {
    noteSharpness(note, barrier);
    const { weight, bound } = barrier;
    note({
      _tag: "Layer",
      path,
      kind: "weightBarrier",
      options: { weight, bound },
      make: weightBarrier,
      within: [],
    });
    return E.right({
      shape,
      ...rewriteGradients(function* (gradients, { step, target }, emit) {
        const t = barrier.sharpness(step);
        const rewritten: ParameterGradient[] = [];
        let sum = 0;
        for (const signal of gradients)
          if (signal.parameter.kind === "weight") {
            const w = yield* wait(engine.read(signal.parameter.value));
            const dw = yield* wait(engine.read(signal.gradient));
            const { mean, gradient } = barred(barrier, t, elements(w), elements(dw));
            sum += mean;
            rewritten.push({ ...signal, gradient: engine.upload(gradient, w.shape) });
          } else rewritten.push(signal);
        const samples = samplesOf(target);
        emit({ _tag: "Metric", step, name: "barrier", value: sum, samples, training: true });
        return rewritten;
      }),
    });
  };

/** Adds the barrier of an activation to the loss, through its gradient: on the input of a network, or before a quantizer. */
export const activationBarrier = (barrier: LogBarrier): Module =>
  layer("", ({ note }) => {
    noteSharpness(note, barrier);
    return {
      kind: "activationBarrier",
      options: { weight: barrier.weight, bound: barrier.bound },
      forward: (input, ctx) => {
        const x = ctx.save(input);
        return { y: x, save: x };
      },
      backward: function* (gradient, x, ctx) {
        const dy = elements(yield* ctx.read(gradient));
        const values = elements(yield* ctx.read(x));
        const dx = barred(barrier, barrier.sharpness(ctx.step), values, dy);
        return { dx: ofTensor(ctx.upload(dx.gradient, x.shape)) };
      },
    };
  });

/** Hook that adds the barrier of every quantized activation to the loss, before its quantizer. */
export const barrierOnActivations = (barrier: LogBarrier): Hook =>
  beforeActivation.hook(activationBarrier(barrier));
