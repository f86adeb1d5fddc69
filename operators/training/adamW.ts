import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import type { Module } from "../module/module.ts";
import { adamRule } from "./adamRule.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";

/** Options of `adamW`. */
export interface AdamWOptions extends OptimizerOptions {
  /** Decay of the first moment, beta1 in PyTorch's `betas`, in [0, 1). Default: 0.9. */
  readonly momentum?: number;
}

/** Names of the options of AdamW. */
export const adamWNames: OptionNames<AdamWOptions> = { ...optimizerNames, momentum: true };

/**
 * The end of a training network (see `optimizer`) that updates parameters with Adam and decoupled weight decay, as `torch.optim.AdamW`.
 *
 *     parameter *= 1 - rate * weightDecay
 *     m = momentum m + (1 - momentum) gradient,   v = 0.999 v + 0.001 gradient^2
 *     parameter -= rate * (m / (1 - momentum^t)) / (sqrt(v / (1 - 0.999^t)) + 1e-8),   t = updates, this one included
 *
 * Unlike in PyTorch, weight decay is 0 unless it is given (PyTorch: 0.01), and only weights decay by default. Moments are those of `adam`.
 *
 * @see Loshchilov and Hutter 2019, arXiv:1711.05101
 * @example
 * const end = adamW({ rate: constantRate(0.001), weightDecay: 0.01 });
 * sequential(dense("dense1", { units: 10 }), crossEntropy(), end);
 */
export const adamW = (options: AdamWOptions): Module => {
  const { momentum, ...others } = knownOptions("adamW", options, adamWNames);
  return optimizer(adamRule(momentum, true), others);
};
