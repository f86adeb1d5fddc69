import { pow } from "../../core/elementary/pow.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import type { Module } from "../module/module.ts";
import { defaultDecays, momentsShape, updatesOf } from "./adamMoments.ts";
import { type AdamUpdate, adamUpdate } from "./adamRule.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";
import { type Trials, trialsEvery } from "./trials.ts";
import { hostRule, type UpdateRule } from "./updateRule.ts";

/** Options of `blaq`: those of Adam, and the schedule of its trial steps. */
export interface BlaqOptions extends OptimizerOptions {
  /**
   * Decay of the first moment (beta1). With 0 the first moment is the gradient, as the method is published. Default:
   * 0.9.
   */
  readonly momentum?: number;
  /**
   * Number of batches from one trial step to the next. Batches must be ordered by `trialsEvery` of the same period,
   * which `optimizers.blaq` takes care of. Default: 5.
   */
  readonly period?: number;
  /** Weight of the gradient and curvature from before the trial; those at the trial weights get 1 - mix. Default: 0.6. */
  readonly mix?: number;
}

/** Names of the options of BLAQ. */
export const blaqNames: OptionNames<BlaqOptions> = {
  ...optimizerNames,
  momentum: true,
  period: true,
  mix: true,
};

/** A gradient or curvature after a trial: mix * before + (1 - mix) * atTrial. */
export const backtracked =
  (mix: number) =>
  (before: number, atTrial: number): number =>
    mix * before + (1 - mix) * atTrial;

/**
 * The update after a trial, in place. It starts from the parameters before the trial, with moments mixed from those
 * before and after it.
 *
 *     g = mix g_t + (1 - mix) g*,   D = mix D_t + (1 - mix) D*,   parameter = before - rate g / D
 *
 * g is Adam's first moment and D its sqrt(v) + epsilon, both bias-corrected.
 *
 * @param p the trial parameters, at which `gradient` was computed
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
  const [first0, second0] = [1 - pow(beta1, t), 1 - pow(beta2, t)];
  const [first1, second1] = [1 - pow(beta1, t + 1), 1 - pow(beta2, t + 1)];
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

/** Adam with trial steps. Beside the moments, the parameter before the trial is kept, at `${path}/before`. */
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
 * The end of a training network (see `optimizer`) that updates parameters with BLAQ: Adam with a look-ahead step every
 * `period` batches, for quantized weights.
 *
 * The look-ahead step is a trial: after an ordinary Adam update the same batch is repeated, its gradient at the trial
 * weights is mixed into gradient and curvature, and the update restarts from the weights before the trial. To the rest
 * of the network a trial is an ordinary training step: sites quantize its tensors, normalizations update their
 * statistics, and a run that stops there keeps Adam's weights. BLAQ is this optimizer with the weight quantizer `laq`,
 * which takes the curvature from Adam's moments.
 *
 * A reconstruction, not reproduced. Two choices are ours: D* continues from the second moment before the trial, and
 * biases and normalizations take part.
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
