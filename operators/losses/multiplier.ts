import { type Constraint, dualStep } from "../../core/constraint.ts";
import type { Emit } from "../../core/signal.ts";
import { elements } from "../../core/tensor.ts";
import { constant } from "../module/initialize.ts";
import { joined, type Scope } from "../module/module.ts";

/** The Lagrange multiplier of a constraint: the weight of its slack in the loss. */
export interface Multiplier {
  readonly value: () => number;
  /**
   * Adds the slack of a training batch, after the multiplier has been read. After the last batch of an epoch it makes the dual step
   * with the mean slack over all of the epoch's samples, and emits both as the metrics `slack` and `multiplier` of its path.
   */
  readonly see: (
    slack: number,
    batch: { readonly step: number; readonly samples: number },
    emit: Emit,
  ) => void;
}

/** Suffix of the paths of all multipliers. */
export const multiplierSuffix = "/multiplier";

/**
 * Makes a multiplier. Its state is two parameters, `${name}/multiplier` and `${name}/slack` (sum of slacks in this epoch, and
 * number of samples), so a checkpoint at any step contains it.
 *
 * The slack of an epoch is computed from its batches during training, without an additional pass. The authors run over the training
 * data once more, with the final weights of the epoch.
 *
 * @param first initial multiplier
 */
export const multiplierAt = (
  { path, parameters }: Scope,
  name: string,
  { rate, period }: Constraint,
  first: number,
): Multiplier => {
  const site = joined(path, name);
  const multiplier = parameters.create(`${site}${multiplierSuffix}`, "statistic", [1], constant(first));
  const slacks = parameters.create(`${site}/slack`, "statistic", [2], constant(0));
  const value = (): number => elements(multiplier.value)[0] as number;
  return {
    value,
    see: (slack, { step, samples }, emit) => {
      const epoch = elements(slacks.value);
      const [sum = 0, count = 0] = epoch;
      epoch.set([sum + slack * samples, count + samples]);
      if ((step + 1) % period !== 0) return;
      const mean = (epoch[0] as number) / (epoch[1] as number);
      elements(multiplier.value)[0] = dualStep(value(), mean, rate);
      epoch.fill(0);
      const metric = (name: string, value: number): void =>
        emit({ _tag: "Metric", step, name, site, value, samples: 1, training: true });
      metric("slack", mean);
      metric("multiplier", value());
    },
  };
};
