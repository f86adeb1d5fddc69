/** @file Common part of all losses: loss and metrics in the forward pass, the gradient in the backward pass. */
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import { handedTo, handingTo } from "../../core/readsOnly.ts";
import type { Parameter } from "../../core/signal.ts";
import { samplesOf, type Target } from "../../core/target.ts";
import { elements, type HostTensor, type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import type { Module, Scope } from "../module/module.ts";
import type { Functions } from "../module/notes.ts";
import { nonFiniteOf, readAll } from "../module/parameters.ts";
import { probed, probeNumbers } from "../module/probe.ts";
import type { Context } from "../step/context.ts";
import { layer } from "../step/op.ts";
import { type Task, wait } from "../step/task.ts";

/** Loss of a batch, and its gradient with respect to the network's output. */
export interface LossValue {
  /** Mean over the batch. */
  readonly loss: number;
  /** Further metrics of the batch, as means over its samples. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Gradient of the loss with respect to each element of the output. */
  readonly gradient: Float32Array;
}

/** Failure for a loss that is not finite, after a `Fault` that names its origin. */
const lost = (
  path: string,
  { step, emit }: Context,
  loss: number,
  culprit: Parameter | undefined,
): RangeflowFailure => {
  const where = `${path}, step ${step}`;
  const found = `the loss is ${loss}${culprit ? `, and ${culprit.path} holds NaN or infinity` : ""}`;
  emit({
    _tag: "Fault",
    step,
    site: culprit?.path ?? path,
    kind: "LossNotFinite",
    message: `${where}: ${found}`,
  });
  return new RangeflowFailure(
    problem(where, found, "a finite loss", "lower the learning rate, or use more bits"),
  );
};

/**
 * Ends a network in a loss: emits a `Metric` for each of its metrics.
 *
 * @param path of the loss; used in errors only
 * @returns the loss [1, 1, 1, 1], which lives to the end of the step, so that subscribers can read it
 * @throws `RangeflowFailure` if the loss is not finite, after a `Fault` that names the first parameter that is not finite
 */
export function* endInLoss(
  { engine, parameters }: Scope,
  path: string,
  { loss, metrics }: Pick<LossValue, "loss" | "metrics">,
  ctx: Context,
): Task<Expr> {
  const { step, training, target, emit } = ctx;
  if (!Number.isFinite(loss))
    throw lost(path, ctx, loss, nonFiniteOf(yield* wait(readAll(engine, parameters))));
  for (const [name, value] of Object.entries(metrics))
    emit({ _tag: "Metric", step, name, value, samples: samplesOf(target), training });
  return ofTensor(engine.upload(Float32Array.of(loss), [1, 1, 1, 1]));
}

/** The gradient of a loss with respect to an output, times the weight of the loss in what is differentiated, usually 1. */
export function* weighted(dloss: Expr, ctx: Context): Task<(gradient: Float32Array, shape: Shape) => Expr> {
  const weight = elements(yield* ctx.read(dloss))[0] as number;
  return (gradient, shape) =>
    ofTensor(
      ctx.upload(
        gradient.map((g) => weight * g),
        shape,
      ),
    );
}

/** A loss as described by its author. */
export interface LossPlan {
  /** Why a target does not match an output [N, H, W, C]; `undefined` if it does. Also called before the network computes anything. */
  readonly refuses: (where: string, output: Shape, target: Target) => Problem | undefined;
  /** Names of its metrics beside `loss`. */
  readonly metrics: readonly string[];
  /** Compares output and target, on the host. A loss of your own is given copies. */
  readonly evaluate: (output: HostTensor, target: Target) => LossValue;
}

/** Notes the names of a loss's metrics. */
export const noteMetrics = ({ note }: Pick<Scope, "note">, { metrics }: Pick<LossPlan, "metrics">): void =>
  note({ _tag: "MetricNames", names: ["loss", ...metrics] });

/** Losses of two samples of fixed numbers, for a tensor and for labels, if it accepts them as targets. */
const probedLoss = ({ refuses, evaluate }: LossPlan, shape: Shape): readonly unknown[] => {
  const both: Shape = [2, ...shape];
  const size = sizeOf(both);
  return [tensor(probeNumbers(size, 1), both), Int32Array.of(0, 1)].flatMap((target) => {
    const given = probed(() =>
      refuses("probe", both, target) ? undefined : evaluate(tensor(probeNumbers(size), both), target),
    );
    if (typeof given !== "object" || given === null) return [given];
    const { loss, metrics, gradient } = given as LossValue;
    return [loss, ...Object.values(metrics), gradient];
  });
};

/**
 * Makes the module of a loss: from an output [N, H, W, C] to the loss [1, 1, 1, 1], with a `Metric` for `loss` and each further
 * metric.
 *
 * @param make reads the output shape [H, W, C], and returns the loss or why there is none; `watch` calls user code
 * @param known functions that identify the loss. Default: `make`, and the results for two samples of fixed numbers.
 */
export const evaluateLoss = (
  make: (shape: Shape, path: string, watch: Scope["watch"]) => LossPlan | Problem,
  known?: Omit<Functions, "_tag">,
): Module =>
  layer("loss", (scope) => {
    const { path, shape, watch } = scope;
    const plan = make(shape, path, watch);
    if ("_tag" in plan) return plan;
    scope.note({
      _tag: "Functions",
      ...(known ?? { place: path, functions: [make], probe: () => probedLoss(plan, shape) }),
    });
    const { evaluate } = plan;
    const refuses: LossPlan["refuses"] = (where, output, target) =>
      plan.refuses(where, output, handedTo(make, target));
    const handed = handingTo(make);
    noteMetrics(scope, plan);
    return {
      shape: [1, 1, 1],
      kind: "loss",
      options: {},
      admits: ({ x, target, step }) =>
        refuses(`${path}, step ${step}`, [x.shape[0] as number, ...shape], target),
      forward: function* (x, ctx) {
        const output = yield* ctx.read(x);
        const wrong = refuses(path, x.shape, ctx.target);
        if (wrong) throw new RangeflowFailure(wrong);
        const { loss, metrics, gradient } = evaluate(...handed(output, ctx.target));
        const y = yield* endInLoss(scope, path, { loss, metrics: { loss, ...metrics } }, ctx);
        return { y, save: { gradient, shape: x.shape } };
      },
      backward: function* (dloss, { gradient, shape }, ctx) {
        return { dx: (yield* weighted(dloss, ctx))(gradient, shape) };
      },
    };
  });
