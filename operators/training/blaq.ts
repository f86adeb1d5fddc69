import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import type { Module } from "../module/module.ts";
import { defaultDecays, momentsShape, updatesOf } from "./adamMoments.ts";
import { type AdamUpdate, adamUpdate } from "./adamRule.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";
import { type Trials, trialsEvery } from "./trials.ts";
import { hostRule, type UpdateRule } from "./updateRule.ts";

/** Options of BLAQ: those of Adam, and how often it tries. */
export interface BlaqOptions extends OptimizerOptions {
  /** Decay of the first moment; 0.9 where missing. With 0 the first moment is the gradient, as the method is written. */
  readonly momentum?: number;
  /** Batches from one trial to the next; 5 where missing. Batches must come as `trialsEvery` of the same period says. */
  readonly period?: number;
  /** Weight of what was known before the trial; 0.6 where missing. */
  readonly mix?: number;
}

/** Names of the options of BLAQ. */
export const blaqNames: OptionNames<BlaqOptions> = {
  ...optimizerNames,
  momentum: true,
  period: true,
  mix: true,
};

/** A gradient, or a curvature, after a trial: a part of the one before it, the rest of the one at the trial weights. */
export const backtracked =
  (mix: number) =>
  (before: number, atTrial: number): number =>
    mix * before + (1 - mix) * atTrial;

/**
 * The update that follows a trial, in place: from where the trial began, by moments that are mixed of those before and after it.
 *
 *     g = mix g_t + (1 - mix) g*,   D = mix D_t + (1 - mix) D*,   parameter = before - rate g / D
 *
 * g is Adam's first moment and D its sqrt(v) + epsilon, both without the bias of their start.
 *
 * @param p the trial parameters, from which `gradient` came
 */
const returned = (
  p: Float32Array,
  before: Float32Array,
  moments: Float32Array,
  gradient: Float32Array,
  {
    rate,
    weightDecay,
    beta1,
    beta2,
    epsilon,
    mixed,
  }: AdamUpdate & { readonly mixed: ReturnType<typeof backtracked> },
): void => {
  const t = updatesOf(moments);
  moments[2 * p.length] = t + 1;
  const [first0, second0] = [1 - beta1 ** t, 1 - beta2 ** t];
  const [first1, second1] = [1 - beta1 ** (t + 1), 1 - beta2 ** (t + 1)];
  for (let i = 0; i < p.length; i++) {
    const slope = (gradient[i] as number) + weightDecay * (p[i] as number);
    const [m, v] = [moments[2 * i] as number, moments[2 * i + 1] as number];
    const nextM = beta1 * m + (1 - beta1) * slope;
    const nextV = beta2 * v + (1 - beta2) * slope * slope;
    const g = mixed(m / first0, nextM / first1);
    const root = mixed(Math.sqrt(v / second0), Math.sqrt(nextV / second1));
    moments[2 * i] = g * first1;
    moments[2 * i + 1] = root * root * second1;
    p[i] = (before[i] as number) - (rate * g) / (root + epsilon);
  }
};

/** Adam that takes a trial back; beside the moments it remembers where the trial began, at `${path}/before`. */
const blaqRule = ({ isTrial, isReturn }: Trials, mix: number, beta1: number): UpdateRule => {
  const mixed = backtracked(mix);
  return hostRule({
    state: { moments: momentsShape, before: (shape) => shape },
    update: (p, g, { moments, before }, { rate, weightDecay, step }) => {
      const how = { ...defaultDecays, beta1, rate, weightDecay };
      if (isReturn(step)) return returned(p, before, moments, g, { ...how, mixed });
      if (isTrial(step)) before.set(p);
      adamUpdate(p, moments, g, how);
    },
  });
};

/**
 * The end of a training network (`optimizer`), by Adam that looks one step ahead now and then, as BLAQ does for quantized weights.
 *
 * Every `period` batches a step of Adam is a trial: the same batch comes again, and its gradient at the trial weights, quantized like any
 * others, is mixed into gradient and curvature; the update then begins where the trial did. A trial is a step like any other to the rest
 * of the network, so sites and normalizations see its tensors, and who stops there has Adam's weights. With the weight quantizer `laq`,
 * which finds the curvatures in Adam's moments, this is BLAQ.
 *
 * A reconstruction, not reproduced: that D* goes on from the second moment before the trial, and that biases and normalizations take
 * part, is our choice.
 *
 * @see Ma et al. 2024, arXiv:2401.16760, the authors' appendix (docs/methods.md 7.6)
 */
export const blaq = (options: BlaqOptions): Module => {
  const {
    momentum = defaultDecays.beta1,
    period = 5,
    mix = 0.6,
    ...others
  } = knownOptions("blaq", options, blaqNames);
  return optimizer(blaqRule(trialsEvery(period), mix, momentum), others);
};
