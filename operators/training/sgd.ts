import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { constant } from "../module/initialize.ts";
import type { Module } from "../module/module.ts";
import { wait } from "../step/task.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";
import type { UpdateRule } from "./updateRule.ts";

/** Options of `sgd`. */
export interface SgdOptions extends OptimizerOptions {
  /** Weight of the past velocity. Default: 0 (plain gradient descent). */
  readonly momentum?: number;
  /** Whether to use Nesterov momentum. Default: false. */
  readonly nesterov?: boolean;
}

/** Names of the options of gradient descent. */
export const sgdNames: OptionNames<SgdOptions> = { ...optimizerNames, momentum: true, nesterov: true };

/** Gradient descent with momentum as an update rule. Velocities are parameters at `${path}/velocity`. */
export const sgdRule =
  (momentum: number, nesterov: boolean): UpdateRule =>
  ({ engine, parameters }, { path, value }, weightDecay) => {
    const velocity = parameters.create(`${path}/velocity`, "velocity", value.shape, constant(0)).value;
    return function* (gradient, learningRate) {
      yield* wait(
        engine.update(value, velocity, gradient, { learningRate, momentum, nesterov, weightDecay }),
      );
    };
  };

/**
 * The end of a training network (see `optimizer`) that updates parameters by stochastic gradient descent with momentum,
 * as `torch.optim.SGD` without dampening.
 *
 *     g = gradient + weightDecay * parameter;   velocity = momentum * velocity + g
 *     parameter -= rate * (nesterov ? g + momentum * velocity : velocity)
 *
 * Velocities start at 0 and are parameters of their own, `${path}/velocity`. Unlike in PyTorch, only weights decay by
 * default.
 *
 * @see Sutskever et al. 2013; the form is that of PyTorch
 * @example
 * const end = sgd({ rate: constantRate(0.05), momentum: 0.9, weightDecay: 1e-4 });
 * sequential(dense("dense1", { units: 10 }), crossEntropy(), end);
 */
export const sgd = (options: SgdOptions): Module => {
  const { momentum = 0, nesterov = false, ...others } = knownOptions("sgd", options, sgdNames);
  return optimizer(sgdRule(momentum, nesterov), others);
};
