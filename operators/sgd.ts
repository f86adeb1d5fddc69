import * as E from "fp-ts/lib/Either.js";
import { internal } from "../core/errors.ts";
import { after, all, type Eventual, isPromise } from "../core/eventual.ts";
import { ofTensor } from "../core/pass.ts";
import type {
  Activation,
  Emit,
  Learning,
  Parameter,
  ParameterGradient,
  RangeSeen,
  Signal,
} from "../core/signal.ts";
import { elements, type Tensor } from "../core/tensor.ts";
import { adam, adamStateSize } from "./adam.ts";
import type { RateScaling } from "./dclrs.ts";
import { constant } from "./initialize.ts";
import { onActivation } from "./layer.ts";
import type { Module } from "./module.ts";
import { isTrained } from "./parameters.ts";
import { constantRate, type Schedule } from "./schedule.ts";

export interface SgdOptions {
  readonly rate: Schedule;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  /** Which parameters decay; weights only where missing, not biases or normalizations. */
  readonly decays?: (parameter: Parameter) => boolean;
  /** Changes the rate of each parameter by what the gradient sites have seen in the step, such as `dclrs`. */
  readonly scaling?: RateScaling;
  /** Of learned quantizers; where missing that of the weights, or 1e-5 for those that learn with Adam. */
  readonly quantizerRate?: Schedule;
}

/** Changes one parameter in place, at so many times its rate. */
type Updater = (gradient: Tensor, step: number, factor: number) => Eventual<void>;

/** What Adam learns with in the code of LBT. */
const adamRate = constantRate(1e-5);

/**
 * The end of a training network: pulls the gradient of the loss back through it and updates its parameters in place.
 *
 *     g = gradient + weightDecay * parameter;   velocity = momentum * velocity + g
 *     parameter -= rate * (nesterov ? g + momentum * velocity : velocity)
 *
 * Everything that the backward pass emits passes on, then `Updated`, then the activation itself, which closes the step. In
 * evaluation the activation passes as it is. Velocities are parameters of their own, `${path}/velocity`. Parameters of quantizers
 * decay as their method says; those that want Adam keep their moments there.
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
    quantizerRate,
  }: SgdOptions): Module =>
  ({ engine, parameters, shape }) => {
    const isDecayed =
      decays ?? (({ kind, learning }: Parameter): boolean => kind === "weight" || learning?.decays === true);

    const stateOf = ({ path, value }: Parameter, shape = value.shape): Tensor =>
      parameters.create(`${path}/velocity`, "velocity", shape, constant(0)).value;

    const descending = (parameter: Parameter, rate: Schedule): Updater => {
      const velocity = stateOf(parameter);
      const decay = isDecayed(parameter) ? weightDecay : 0;
      return (gradient, step, factor) =>
        engine.update(parameter.value, velocity, gradient, {
          learningRate: rate(step) * factor,
          momentum,
          nesterov,
          weightDecay: decay,
        });
    };

    const withAdam = (parameter: Parameter): Updater => {
      const state = stateOf(parameter, [adamStateSize(parameter.value.size)]);
      const rate = quantizerRate ?? adamRate;
      return (gradient, step, factor) => adam(parameter.value, state, gradient, rate(step) * factor);
    };

    const keeping =
      (value: Tensor, { keep }: Learning, update: Updater): Updater =>
      (gradient, step, factor) =>
        after(update(gradient, step, factor), () => {
          const values = elements(value);
          values.set(values.map(keep));
        });

    const updaterOf = (parameter: Parameter): Updater => {
      const { learning } = parameter;
      if (learning === undefined) return descending(parameter, rate);
      const update =
        learning.optimizer === "adam" ? withAdam(parameter) : descending(parameter, quantizerRate ?? rate);
      return keeping(parameter.value, learning, update);
    };

    const updaters = new Map(
      parameters
        .list()
        .filter(isTrained)
        .map((parameter) => [parameter.path, updaterOf(parameter)]),
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
        const updater = updaters.get(parameter.path);
        if (updater === undefined) throw internal(`no velocity for ${parameter.path}`);
        return updater(gradient, step, factorOf(parameter));
      });
      return after(all(updates), () =>
        emit({ _tag: "Updated", step: step + 1, learningRate, parameters: updates.length }),
      );
    };

    const trained = (activation: Activation, emit: Emit): Eventual<Activation> => {
      const gradients: ParameterGradient[] = [];
      const seen: RangeSeen[] = [];
      const one = ofTensor(engine.upload(Float32Array.of(1), [1, 1, 1, 1]));
      const late: Eventual<Signal | undefined>[] = [];
      const take = (signal: Signal | undefined): void => {
        if (signal?._tag === "ParameterGradient") gradients.push(signal);
        if (signal?._tag === "RangeSeen") seen.push(signal);
      };
      const pulledBack = activation.pullback(one, (signal) => {
        if (isPromise(signal)) late.push(signal);
        else take(signal);
        emit(signal);
      });
      return after(pulledBack, () =>
        after(all(late), (signals) => {
          signals.forEach(take);
          return after(update(gradients, seen, activation.step, emit), () => ({
            ...activation,
            pullback: () => {},
          }));
        }),
      );
    };

    return E.right({
      shape,
      layer: onActivation((activation, emit) =>
        activation.training ? trained(activation, emit) : activation,
      ),
    });
  };
