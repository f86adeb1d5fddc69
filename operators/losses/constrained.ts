/** @file A network trained in float32 under the constraint that its quantized version gives nearly the same output. */
import * as E from "fp-ts/lib/Either.js";
import type { Constraint } from "../../core/constraint.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { shapeText } from "../../core/tensor.ts";
import { float32Copy } from "../module/float32Copy.ts";
import type { OpenLayer } from "../module/layer.ts";
import { joined, type Module } from "../module/module.ts";
import { openBranches, plus, through } from "../step/fork.ts";
import { layer } from "../step/op.ts";
import { crossEntropyOf, labelsOf } from "./crossEntropy.ts";
import { endInLoss, noteMetrics, weighted } from "./evaluateLoss.ts";
import { lagrangian } from "./lagrangian.ts";
import { multiplierAt } from "./multiplier.ts";

/** Options of `constrained`. */
export interface ConstrainedOptions {
  /** Constraint on the soft cross-entropy between the quantized and the float32 network. */
  readonly constraint: Constraint;
  /** Label smoothing, as for `crossEntropy`. Default: 0. */
  readonly smoothing?: number;
}

/**
 * A network with its loss: the cross-entropy of the float32 network, under the constraint that the soft cross-entropy of the
 * quantized network against it is at most `constraint.bound`. In training both networks run on every batch and share weights and
 * biases; the metric `loss` is that of the float32 network, and `accuracy` that of the quantized one. In evaluation only the
 * quantized network runs.
 *
 * Each shared parameter gets two gradients; `sharedGradients` adds them. The initial multiplier is 1.
 *
 * @param network built twice
 * @see Hounie et al. 2023 (PD-QAT), arXiv:2210.15623. In the authors' code the quantized network is a copy, whose weights get no
 *   gradient from the constraint. Here both networks are differentiated, as in the paper's formulation.
 */
export const constrained = (network: Module, { constraint, smoothing = 0 }: ConstrainedOptions): Module =>
  layer("", (scope) => {
    const quantized = network(scope);
    if (E.isLeft(quantized)) return quantized.left;
    const float = network(float32Copy(scope));
    if (E.isLeft(float)) return float.left;
    const path = joined(scope.path, "loss");
    const { shape } = quantized.right;
    if (shape[0] !== 1 || shape[1] !== 1)
      return problem(path, `logits of ${shapeText(shape)}`, "1x1xclasses", "end the network with dense()");
    const loss = crossEntropyOf(shape, path, smoothing);
    if ("_tag" in loss) return loss;
    noteMetrics(scope, loss);
    const multiplier = multiplierAt(scope, "output", constraint, 1);
    const check = (...where: Parameters<typeof loss.refuses>): void => {
      const wrong = loss.refuses(...where);
      if (wrong) throw new RangeflowFailure(wrong);
    };
    return {
      shape: [1, 1, 1],
      kind: "constrained",
      options: { ...constraint, smoothing },
      admits: ({ x, target, step }) =>
        loss.refuses(`${path}, step ${step}`, [x.shape[0] as number, ...shape], target),
      open: () => {
        const branches = openBranches([quantized.right, float.right]);
        const [low, high] = branches as readonly [OpenLayer, OpenLayer];
        return {
          forward: function* (input, ctx) {
            const [x] = ctx.fork(input, 2) as [typeof input];
            const q = yield* through(low, x, ctx);
            const f = yield* through(high, x, ctx);
            const pair = { quantized: yield* ctx.read(q.y), float: yield* ctx.read(f.y) };
            check(path, f.y.shape, ctx.target);
            const labels = labelsOf(ctx.target);
            const weighing = { multiplier: multiplier.value(), bound: constraint.bound, smoothing };
            const found = lagrangian(pair, labels, weighing);
            multiplier.see(found.slack, { step: ctx.step, samples: labels.length }, ctx.emit);
            const metrics = { loss: found.objective, accuracy: found.accuracy };
            const y = yield* endInLoss(scope, path, { loss: found.loss, metrics }, ctx);
            return { y, save: { q, f, gradients: found.gradients } };
          },
          backward: function* (dloss, { q, f, gradients }, ctx) {
            const gradientOf = yield* weighted(dloss, ctx);
            const dq = yield* q.back(gradientOf(gradients.quantized, q.y.shape), ctx);
            const df = yield* f.back(gradientOf(gradients.float, f.y.shape), ctx);
            return { dx: plus(dq, df) };
          },
          evaluate: function* (x, ctx) {
            const { y } = yield* through(low, x, ctx);
            const logits = yield* ctx.read(y);
            check(path, y.shape, ctx.target);
            const { loss: value, metrics } = loss.evaluate(logits, ctx.target);
            return yield* endInLoss(scope, path, { loss: value, metrics: { loss: value, ...metrics } }, ctx);
          },
          unsubscribe: () => {
            for (const branch of branches) branch.unsubscribe();
          },
        };
      },
    };
  });
