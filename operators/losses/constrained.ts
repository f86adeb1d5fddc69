/** @file A network that is trained in float32 under the constraint that its quantized self says nearly the same. */
import * as E from "fp-ts/lib/Either.js";
import type { Constraint } from "../../core/constraint.ts";
import { after } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import type { HostTensor } from "../../core/tensor.ts";
import { type Branches, branching, plus, through } from "../module/branch.ts";
import { kept } from "../module/kept.ts";
import type { Step } from "../module/layer.ts";
import type { Built, Module } from "../module/module.ts";
import { heldFor, releasing } from "../module/releasing.ts";
import { twinOf } from "../module/twin.ts";
import { labelling, labelsIn } from "./crossEntropy.ts";
import { alone, ending, type Judged } from "./judge.ts";
import { lagrangian } from "./lagrangian.ts";
import { multiplierAt } from "./multiplier.ts";

export interface ConstrainedOptions {
  readonly constraint: Constraint;
  /** As for `crossEntropy`. */
  readonly smoothing?: number;
}

/**
 * A network and its loss: the cross-entropy of the network in float32, while the soft cross-entropy of the quantized one against it shall be
 * at most `constraint.bound`. In training both run on every batch, over the same weights and biases; the metric `loss` is then that of the network
 * in float32, and `accuracy` that of the quantized one. In evaluation the quantized one runs alone.
 *
 * Each shared parameter gets two gradients, which `sharedGradients` adds up. The multiplier starts with 1.
 *
 * @param network as a module; it is built twice
 * @see Hounie et al. 2023 (PD-QAT), arXiv:2210.15623. In the code of its authors the quantized network is a copy, whose weights get no
 *   gradient of the constraint; here it is differentiated in both, as the problem in the paper reads
 */
export const constrained =
  (network: Module, { constraint, smoothing = 0 }: ConstrainedOptions): Module =>
  (scope) => {
    const quantized = network(scope);
    if (E.isLeft(quantized)) return quantized;
    const float = network(twinOf(scope));
    const labelled = labelling({ ...scope, shape: quantized.right.shape }, smoothing);
    if (E.isLeft(float)) return float;
    if (E.isLeft(labelled)) return labelled;
    const { path, judge, admits } = labelled.right;
    const multiplier = multiplierAt(scope, "output", constraint, 1);
    const end = ending(scope, path);

    const trained =
      ([low, high]: Branches): Step =>
      (activation, emit) => {
        const { step, target } = activation;
        const x = kept(activation.x);
        return after(through(low, { ...activation, x }, emit), (q) =>
          after(through(high, { ...activation, x }, emit), (f) => {
            const weighing = { multiplier: multiplier.value(), bound: constraint.bound, smoothing };
            const judged: Judged = {
              outputs: [q.end.x, f.end.x],
              judge: ([quantized, float]) => {
                const pair = { quantized: quantized as HostTensor, float: float as HostTensor };
                const labels = labelsIn(path, target, pair.float);
                const { loss, objective, slack, accuracy, gradients } = lagrangian(pair, labels, weighing);
                multiplier.see(slack, { step, samples: labels.length }, emit);
                return {
                  loss,
                  metrics: { loss: objective, accuracy },
                  gradients: [gradients.quantized, gradients.float],
                };
              },
              back: ([dq, df], emitBack) =>
                after(q.back(dq as Expr, emitBack), (ofQ) =>
                  after(f.back(df as Expr, emitBack), (ofF) =>
                    activation.pullback(releasing(plus(ofQ, ofF), heldFor(activation.x, x)), emitBack),
                  ),
                ),
            };
            return end(activation, judged, emit);
          }),
        );
      };

    const evaluated =
      ([low]: Branches): Step =>
      (activation, emit) =>
        after(low.run(activation, emit), (output) => end(output, alone(output, judge), emit));

    const built: Built = {
      shape: [1, 1, 1],
      admits,
      ...branching([quantized.right, float.right], (branches) => {
        const [train, evaluate] = [trained(branches), evaluated(branches)];
        return (activation, emit) => (activation.training ? train : evaluate)(activation, emit);
      }),
    };
    return E.right(built);
  };
