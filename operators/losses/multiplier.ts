import { type Constraint, dualStep } from "../../core/constraint.ts";
import type { Emit } from "../../core/signal.ts";
import { elements } from "../../core/tensor.ts";
import { constant } from "../module/initialize.ts";
import { joined, type Scope } from "../module/module.ts";

/** The Lagrange multiplier of a constraint: its weight in the loss. */
export interface Multiplier {
  readonly value: () => number;
  /**
   * Takes the slack of a training batch, once its multiplier has been read. Behind the last batch of an epoch it takes the dual step with the
   * mean over all of its samples, and emits both as the metrics `slack` and `multiplier` of its path.
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
 * Makes a multiplier whose state is two parameters: `${name}/multiplier`, and `${name}/slack`, the sum of slacks in this epoch and
 * over how many samples. So a checkpoint anywhere in an epoch holds all of it.
 *
 * The slack of an epoch is that of its batches as training met them, which takes no pass of its own. The authors go through the
 * training data once more, with the weights that the epoch has ended with.
 *
 * @param first what the multiplier starts with
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
