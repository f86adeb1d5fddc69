/** @file A quantized layer constrained to stay close to its float32 output for the same quantized input. */
import * as E from "fp-ts/lib/Either.js";
import type { Constraint } from "../../core/constraint.ts";
import { after } from "../../core/eventual.ts";
import { channelsOf, countOf, type Expr, ofTensor, staged } from "../../core/expr.ts";
import type { Emit } from "../../core/signal.ts";
import { samplesOf } from "../../core/target.ts";
import { float32Copy } from "../module/float32Copy.ts";
import type { Hook } from "../module/hooks.ts";
import type { OpenLayer } from "../module/layer.ts";
import { type Built, joined, type Module } from "../module/module.ts";
import { aroundLayer } from "../sites/quantized.ts";
import { openBranches, plus, through } from "../step/fork.ts";
import { layer } from "../step/op.ts";
import { present } from "../step/tape.ts";
import { wait } from "../step/task.ts";
import { multiplierAt } from "./multiplier.ts";

const times = (factor: number): ((x: Expr) => Expr) =>
  staged({ _tag: "Affine", scale: Float32Array.of(factor) });

/** Passes gradients of weights only. The bias is the same in both layers, so their difference does not depend on it. */
const weightsOnly =
  (emit: Emit): Emit =>
  (signal) =>
    emit(
      after(signal, (gradient) =>
        gradient?._tag === "ParameterGradient" && gradient.parameter.kind !== "weight" ? undefined : gradient,
      ),
    );

/** A quantized layer and its float32 version over the same input. */
const pair = (name: string, constraint: Constraint, quantized: Built, float: Built): Module =>
  layer("", (scope) => {
    const multiplier = multiplierAt(scope, name, constraint, 0);
    return {
      shape: quantized.shape,
      kind: "constraint",
      options: { name, ...constraint },
      open: () => {
        const branches = openBranches([quantized, float]);
        const [low, high] = branches as readonly [OpenLayer, OpenLayer];
        return {
          forward: function* (input, ctx) {
            const [x] = ctx.fork(input, 2) as [Expr];
            const q = yield* through(low, x, ctx);
            const f = yield* through(high, x, ctx);
            const z = ctx.keepOutput(q.y);
            const channelSums = { around: new Float32Array(channelsOf(z)) };
            const result = yield* ctx.run(plus(times(-1)(f.y), z), { store: true, channelSums });
            const { second } = yield* wait(present(result.channelSums, "channel sums"));
            const squares = second.reduce((sum, one) => sum + one, 0);
            const slope = (-2 * multiplier.value()) / countOf(z);
            const slack = squares / countOf(z) - constraint.bound;
            multiplier.see(slack, { step: ctx.step, samples: samplesOf(ctx.target) }, ctx.emit);
            const difference = ofTensor(present(result.stored, "the stored tensor"));
            return { y: z, save: { q, f, slope, difference } };
          },
          backward: function* (dy, { q, f, slope, difference }, ctx) {
            if (slope !== 0) yield* f.back(times(slope)(difference), { emit: weightsOnly(ctx.emit) });
            return { dx: yield* q.back(dy, ctx) };
          },
          evaluate: function* (x, ctx) {
            return (yield* through(low, x, ctx)).y;
          },
          unsubscribe: () => {
            for (const branch of branches) branch.unsubscribe();
          },
        };
      },
    };
  });

/**
 * A layer under a constraint, if its weights are quantized:
 *
 *     slack = mean (z - z32)^2 - bound,   z: its output, z32: its float32 output for the same input
 *
 * Only z32 is differentiated, with respect to its weights, which draws them to values where rounding changes little. With a
 * straight-through gradient, the gradient of z would cancel this, because it ignores rounding. The weights therefore get two
 * gradients; `sharedGradients` adds them. The initial multiplier is 0; while it is 0, the float32 layer has no backward pass.
 *
 * @param name of the layer; its weights are at `${name}/weight`
 * @param module the layer with the quantizer of its output's gradient
 * @see Hounie et al. 2023 (PD-QAT), arXiv:2210.15623; there a layer is a residual block. In the authors' code z comes from a copy
 *   of the network, so it is also a constant for its weights.
 */
export const constrainedLayer =
  (name: string, module: Module, constraint: Constraint): Module =>
  (scope) => {
    scope.note({
      _tag: "Layer",
      path: scope.path,
      kind: "constrainedLayer",
      options: { name, ...constraint },
      make: constrainedLayer,
      within: [],
    });
    const quantized = module(scope);
    const { bits } = scope.quantizer(joined(scope.path, `${name}/weight`), "weight");
    if (bits === 32 || E.isLeft(quantized)) return quantized;
    const float = module(float32Copy(scope));
    if (E.isLeft(float)) return float;
    return pair(name, constraint, quantized.right, float.right)(scope);
  };

/** Hook that puts each quantized layer of a network under a constraint (see `constrainedLayer`). */
export const layerConstraint = (constraint: Constraint): Hook =>
  aroundLayer.hook((name, layer) => constrainedLayer(name, layer, constraint));
