/** @file A quantized layer that is kept near to what it would give in float32, for the same quantized input. */
import * as E from "fp-ts/lib/Either.js";
import type { Constraint } from "../../core/constraint.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import { channelsOf, countOf, type Expr, ofTensor, staged } from "../../core/expr.ts";
import type { Activation, Emit } from "../../core/signal.ts";
import { samplesOf } from "../../core/target.ts";
import { type Branches, branching, plus, through } from "../module/branch.ts";
import type { Hook } from "../module/hooks.ts";
import { kept, keptAnyway, present } from "../module/kept.ts";
import type { Step } from "../module/layer.ts";
import { joined, type Module } from "../module/module.ts";
import { heldFor, releasing } from "../module/releasing.ts";
import { twinOf } from "../module/twin.ts";
import { aroundLayer } from "../sites/quantized.ts";
import { multiplierAt } from "./multiplier.ts";

const times = (factor: number): ((x: Expr) => Expr) =>
  staged({ _tag: "Affine", scale: Float32Array.of(factor) });

/** Lets gradients of weights pass: a bias is the same in both layers, so their difference does not depend on it. */
const weightsOnly =
  (emit: Emit): Emit =>
  (signal) =>
    emit(
      after(signal, (there) =>
        there?._tag === "ParameterGradient" && there.parameter.kind !== "weight" ? undefined : there,
      ),
    );

/**
 * A layer under a constraint, if its weights are quantized:
 *
 *     slack = mean (z - z32)^2 - bound,   z: its output, z32: that in float32 of the same input
 *
 * Only the weights of z32 are differentiated, which draws them to where rounding changes little. Straight through, the gradient of z would
 * undo just that: rounding has no slope that it could follow. So weights get two gradients, which `sharedGradients` adds up. The multiplier
 * starts with 0; while it is 0 there is no way back through the layer in float32.
 *
 * @param name of the layer; its weights are at `${name}/weight`
 * @param layer the layer with what quantizes the gradient of its output
 * @see Hounie et al. 2023 (PD-QAT), arXiv:2210.15623; there a layer is a residual block. In the code of its authors z comes from a copy of the
 *   network, and so it is a constant for its weights, too
 */
export const constrainedLayer =
  (name: string, layer: Module, constraint: Constraint): Module =>
  (scope) => {
    const { engine } = scope;
    const quantized = layer(scope);
    const { bits } = scope.quantizer(joined(scope.path, `${name}/weight`), "weight");
    if (bits === 32 || E.isLeft(quantized)) return quantized;
    const float = layer(twinOf(scope));
    if (E.isLeft(float)) return float;
    const multiplier = multiplierAt(scope, name, constraint, 0);

    const trained =
      ([low, high]: Branches): Step =>
      (activation, emit) => {
        const { step, target } = activation;
        const x = kept(activation.x);
        return after(through(low, { ...activation, x }, emit), (q) =>
          after(through(high, { ...activation, x }, emit), (f) => {
            const z = keptAnyway(q.end.x);
            const difference = plus(times(-1)(f.end.x), z);
            const channelSums = { around: new Float32Array(channelsOf(z)) };
            return after(engine.run(difference, { store: true, channelSums }), (result) =>
              after(present(result.channelSums, "channel sums"), ({ second }) => {
                const stored = present(result.stored, "the stored tensor");
                const squares = second.reduce((sum, one) => sum + one, 0);
                const slope = (-2 * multiplier.value()) / countOf(z);
                const slack = squares / countOf(z) - constraint.bound;
                multiplier.see(slack, { step, samples: samplesOf(target) }, emit);
                const toWeights = (emitBack: Emit): Eventual<unknown> =>
                  slope === 0 ? undefined : f.back(times(slope)(ofTensor(stored)), weightsOnly(emitBack));
                const pullback: Activation["pullback"] = (dy, emitBack) =>
                  after(toWeights(emitBack), () =>
                    after(q.back(releasing(dy, heldFor(q.end.x, z)), emitBack), (dx) =>
                      activation.pullback(releasing(dx, [stored, ...heldFor(activation.x, x)]), emitBack),
                    ),
                  );
                return { ...activation, x: z, pullback };
              }),
            );
          }),
        );
      };

    return E.right({
      shape: quantized.right.shape,
      ...branching([quantized.right, float.right], (branches) => {
        const train = trained(branches);
        return (activation, emit) =>
          activation.training ? train(activation, emit) : branches[0].run(activation, emit);
      }),
    });
  };

/** Puts each quantized layer of a network under a constraint (`constrainedLayer`). */
export const layerConstraint = (constraint: Constraint): Hook =>
  aroundLayer.hook((name, layer) => constrainedLayer(name, layer, constraint));
