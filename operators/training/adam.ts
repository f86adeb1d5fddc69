import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import type { Module } from "../module/module.ts";
import { adamRule } from "./adamRule.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";

/** Options of Adam, whose usual values are those of its paper. */
export interface AdamOptions extends OptimizerOptions {
  /** Decay of the first moment (beta1); 0.9 where missing. */
  readonly momentum?: number;
}

/** Names of the options of Adam. */
export const adamNames: OptionNames<AdamOptions> = { ...optimizerNames, momentum: true };

/**
 * The end of a training network (`optimizer`), by Adam: each number moves by about its rate.
 *
 *     g = gradient + weightDecay * parameter
 *     m = momentum m + (1 - momentum) g,   v = 0.999 v + 0.001 g^2
 *     parameter -= rate * (m / (1 - momentum^t)) / (sqrt(v / (1 - 0.999^t)) + 1e-8),   t = updates, this one included
 *
 * Weights decay through their gradient, as in PyTorch's Adam (not AdamW). Moments are a parameter of their own, `${path}/moments`;
 * quantizers of weights that weigh errors, such as `laq`, find there what an error costs. Updates run on the host.
 *
 * @see Kingma and Ba 2015, arXiv:1412.6980
 * @example
 * sequential(dense("dense1", { units: 10 }), crossEntropy(), adam({ rate: constantRate(0.001) }));
 */
export const adam = (options: AdamOptions): Module => {
  const { momentum, ...others } = knownOptions("adam", options, adamNames);
  return optimizer(adamRule(momentum), others);
};
