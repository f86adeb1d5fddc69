import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import type { Module } from "../module/module.ts";
import { adamRule } from "./adamRule.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";

/** Options of `adam`. */
export interface AdamOptions extends OptimizerOptions {
  /** Decay of the first moment, beta1 in PyTorch's `betas`, in [0, 1). Default: 0.9. */
  readonly momentum?: number;
}

/** Names of the options of Adam. */
export const adamNames: OptionNames<AdamOptions> = { ...optimizerNames, momentum: true };

/**
 * The end of a training network (see `optimizer`) that updates parameters with Adam.
 *
 *     g = gradient + weightDecay * parameter
 *     m = momentum m + (1 - momentum) g,   v = 0.999 v + 0.001 g^2
 *     parameter -= rate * (m / (1 - momentum^t)) / (sqrt(v / (1 - 0.999^t)) + 1e-8),   t = updates, this one included
 *
 * Weight decay is part of the gradient, as in `torch.optim.Adam`; see `adamW`. Beta2 and epsilon are fixed. The
 * moments are a parameter of their own, `${path}/moments`; quantizers that weight the error of a weight by its cost,
 * such as `laq`, read the cost from there. Updates run on the host.
 *
 * @see Kingma and Ba 2015, arXiv:1412.6980
 * @example
 * sequential(dense("dense1", { units: 10 }), crossEntropy(), adam({ rate: constantRate(0.001) }));
 */
export const adam = (options: AdamOptions): Module => {
  const { momentum, ...others } = knownOptions("adam", options, adamNames);
  return optimizer(adamRule(momentum), others);
};
