import * as E from "fp-ts/lib/Either.js";
import { internal } from "../core/errors.ts";
import { after, all, type Eventual } from "../core/eventual.ts";
import { ofTensor } from "../core/pass.ts";
import type { Activation, Emit, Parameter, ParameterGradient, RangeSeen } from "../core/signal.ts";
import type { RateScaling } from "./dclrs.ts";
import { constant } from "./initialize.ts";
import { onActivation } from "./layer.ts";
import type { Module } from "./module.ts";
import { isTrained } from "./parameters.ts";
import type { Schedule } from "./schedule.ts";

export interface SgdOptions {
  readonly rate: Schedule;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  /** Which parameters decay; weights only where missing, not biases or normalizations. */
  readonly decays?: (parameter: Parameter) => boolean;
  /** Changes the rate of each parameter by what the gradient sites have seen in the step, such as `dclrs`. */
  readonly scaling?: RateScaling;
}

/**
 * The end of a training network: pulls the gradient of the loss back through it and updates its parameters in place.
 *
 *     g = gradient + weightDecay * parameter;   velocity = momentum * velocity + g
 *     parameter -= rate * (nesterov ? g + momentum * velocity : velocity)
 *
 * Everything that the backward pass emits passes on, then `Updated`, then the activation itself, which closes the step. In
 * evaluation the activation passes as it is. Velocities are parameters of their own, `${path}/velocity`.
 *
 * @see Sutskever et al. 2013; the form is that of PyTorch
 */
export const sgd =
  ({
    rate,
    momentum = 0,
    nesterov = false,
    weightDecay = 0,
    decays,
    scaling = () => () => 1,
  }: SgdOptions): Module =>
  ({ engine, parameters, shape }) => {
    const isDecayed = decays ?? (({ kind }: Parameter): boolean => kind === "weight");
    const velocities = new Map(
      parameters
        .list()
        .filter(isTrained)
        .map(({ path, value }) => [
          path,
          parameters.create(`${path}/velocity`, "velocity", value.shape, constant(0)).value,
        ]),
    );

    const update = (
      gradients: readonly ParameterGradient[],
      seen: readonly RangeSeen[],
      step: number,
      emit: Emit,
    ): Eventual<void> => {
      const learningRate = rate(step);
      const factorOf = scaling(seen);
      const updates = gradients.map(({ parameter, gradient }) => {
        const velocity = velocities.get(parameter.path);
        if (velocity === undefined) throw internal(`no velocity for ${parameter.path}`);
        const decay = isDecayed(parameter) ? weightDecay : 0;
        return engine.update(parameter.value, velocity, gradient, {
          learningRate: learningRate * factorOf(parameter),
          momentum,
          nesterov,
          weightDecay: decay,
        });
      });
      return after(all(updates), () =>
        emit({ _tag: "Updated", step: step + 1, learningRate, parameters: updates.length }),
      );
    };

    const trained = (activation: Activation, emit: Emit): Eventual<Activation> => {
      const gradients: ParameterGradient[] = [];
      const seen: RangeSeen[] = [];
      const one = ofTensor(engine.upload(Float32Array.of(1), [1, 1, 1, 1]));
      const pulledBack = activation.pullback(one, (signal) => {
        if (signal._tag === "ParameterGradient") gradients.push(signal);
        if (signal._tag === "RangeSeen") seen.push(signal);
        emit(signal);
      });
      return after(pulledBack, () =>
        after(update(gradients, seen, activation.step, emit), () => ({ ...activation, pullback: () => {} })),
      );
    };

    return E.right({
      shape,
      layer: onActivation((activation, emit) =>
        activation.training ? trained(activation, emit) : activation,
      ),
    });
  };
