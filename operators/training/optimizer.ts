/** @file The end of a training network: starts the backward pass and updates the parameters. */
import * as E from "fp-ts/lib/Either.js";
import { positive } from "../../core/bounds.ts";
import type { Engine } from "../../core/engine.ts";
import { internal, type Problem, problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { all, type Eventual } from "../../core/eventual.ts";
import { ofTensor } from "../../core/expr.ts";
import type { OptionNames } from "../../core/knownOptions.ts";
import { nameOf } from "../../core/named.ts";
import type { Activation, Emit, Learning, Parameter, Signal } from "../../core/signal.ts";
import { elements, type Shape, shapeText, sizeOf, type Tensor } from "../../core/tensor.ts";
import { onActivation } from "../module/layer.ts";
import { joined, type Module } from "../module/module.ts";
import { isTrained } from "../module/parameters.ts";
import { probed, probedSteps } from "../module/probe.ts";
import { drive, type Task, wait, waitAll } from "../step/task.ts";
import { adamRule } from "./adamRule.ts";
import { clipGradientNorm } from "./clipGradientNorm.ts";
import type { RateScaling } from "./dclrs.ts";
import { probedRule } from "./probedRule.ts";
import { constantRate, type Schedule } from "./schedule.ts";
import type { UpdateRule, Updater } from "./updateRule.ts";

/** Options of every optimizer. */
export interface OptimizerOptions {
  /** Learning rate of each update, such as `constantRate(0.1)`. */
  readonly rate: Schedule;
  /** Weight decay (L2 penalty): weightDecay * parameter is added to the gradient. Default: 0. */
  readonly weightDecay?: number;
  /**
   * Whether a parameter decays. Default: weights decay, biases and normalizations do not (PyTorch decays all), and
   * parameters of quantizers decay as their method says.
   */
  readonly decays?: (parameter: Parameter) => boolean;
  /**
   * Factor on the learning rate of each parameter, which may follow from what the gradient sites report in the step, as
   * with `dclrs`. `() => ({ path }) => (path.startsWith("stem/") ? 0.1 : 1)` is a parameter group; 0 freezes a parameter.
   * Default: no scaling.
   */
  readonly scaling?: RateScaling;
  /** Learning rate of learned quantizers. Default: `rate`, or 1e-5 for quantizers that are trained with Adam. */
  readonly quantizerRate?: Schedule;
  /** Largest norm of the gradients of all parameters together; see `clipGradientNorm`. Default: no bound. */
  readonly maxGradientNorm?: number;
}

/** Names of the options of every optimizer. */
export const optimizerNames: OptionNames<OptimizerOptions> = {
  rate: true,
  weightDecay: true,
  decays: true,
  scaling: true,
  quantizerRate: true,
  maxGradientNorm: true,
};

/** Learning rate of Adam in the code of LBT. */
const adamRate = constantRate(1e-5);

/** Problem of an optimizer whose input is not the loss of a batch, if any. */
const notLoss = (where: string, shape: Shape): Problem | undefined =>
  sizeOf(shape) === 1
    ? undefined
    : problem(
        where,
        `an output of ${shapeText(shape)}`,
        "the loss of a batch, which is one number",
        "end the network with a loss such as crossEntropy() before its optimizer",
      );

/** Problem of the rates of an optimizer, if any. */
const ratesProblem = (
  where: string,
  {
    rate,
    quantizerRate,
    weightDecay,
    maxGradientNorm = 1,
  }: Readonly<Record<"rate" | "quantizerRate" | "weightDecay" | "maxGradientNorm", unknown>>,
): Problem | undefined => {
  const rates = { "a rate": rate, ...(quantizerRate !== undefined && { "a quantizer rate": quantizerRate }) };
  for (const [name, one] of Object.entries(rates))
    if (typeof one !== "function")
      return problem(
        where,
        `${name} of ${valueText(one)}`,
        "a function of the step",
        "constantRate(0.1) is one",
      );
  if (!Number.isFinite(weightDecay))
    return problem(where, `a weight decay of ${valueText(weightDecay)}`, "a finite number");
  return positive.holds(maxGradientNorm)
    ? undefined
    : problem(where, `a largest gradient norm of ${valueText(maxGradientNorm)}`, positive.expected);
};

const notRule = (where: string, rule: unknown): Problem | undefined =>
  typeof rule === "function"
    ? undefined
    : problem(where, `an update rule of ${valueText(rule)}`, "a function", "hostRule makes one");

/** The factors on learning rates other than 1 of a step whose gradient sites report nothing, by the paths of the parameters. */
const probedFactors = (scaling: RateScaling, parameters: readonly Parameter[]): readonly unknown[] =>
  parameters
    .map((parameter) => [parameter.path, probed(() => scaling([])(parameter))] as const)
    .filter(([, factor]) => factor !== 1)
    .flat();

/** A learning rate, or a factor on one, that a step has asked for; throws if it is not finite. */
const checkFinite = (where: string, what: string, value: unknown): number => {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new RangeflowFailure(
    problem(where, `${what} of ${valueText(value)}`, "a finite number", "look at its schedule"),
  );
};

/** An updater followed by the constraint that a quantizer puts on its parameter, such as a positive step. */
const keeping = (engine: Engine, value: Tensor, { keep }: Learning, update: Updater): Updater =>
  function* (...how) {
    yield* update(...how);
    const values = elements(yield* wait(engine.read(value)));
    yield* wait(engine.write(value, values.map(keep)));
  };

/** The backward pass from the loss. Emits its signals as they come, and returns all of them once they are complete. */
function* backward(engine: Engine, { pullback }: Activation, emit: Emit): Task<readonly Signal[]> {
  const one = ofTensor(engine.upload(Float32Array.of(1), [1, 1, 1, 1]));
  const signals: Eventual<Signal | undefined>[] = [];
  const pulledBack = pullback(one, (signal) => {
    signals.push(signal);
    emit(signal);
  });
  yield* wait(pulledBack);
  return (yield* wait(all(signals))).filter((signal) => signal !== undefined);
}

/**
 * The end of a training network: runs the backward pass of the loss and updates all parameters in place, by a rule.
 *
 * In training it emits everything that the backward pass emits, then `Updated`, then the activation, which closes the
 * step. In evaluation it passes the activation on. Its input must be a loss: one number. Parameters of quantizers decay
 * as their method says, and are trained with Adam, whatever the rule, if their method asks for it. The state of a rule
 * is stored in parameters of kind `velocity` or `state`, so that checkpoints keep it.
 *
 * @param ruleOf such as `sgdRule(0.9, false)`, or made by `hostRule`
 * @returns a module that refuses to be built if its input is not a single number, or a rate is not a function
 * @throws `RangeflowFailure` in a step whose learning rate is not finite
 */
export const optimizer =
  (ruleOf: UpdateRule, options: OptimizerOptions): Module =>
  (scope) => {
    const { rate, weightDecay = 0, decays, scaling, quantizerRate, maxGradientNorm } = options;
    const { engine, parameters, shape } = scope;
    const path = joined(scope.path, "optimizer");
    const wrong =
      notLoss(path, shape) ??
      ratesProblem(path, { rate, quantizerRate, weightDecay, maxGradientNorm }) ??
      notRule(path, ruleOf);
    if (wrong) return E.left([wrong]);
    const isDecayed =
      decays ?? (({ kind, learning }: Parameter): boolean => kind === "weight" || learning?.decays === true);

    scope.note({
      _tag: "Functions",
      place: "the update rule",
      functions: [ruleOf, isDecayed, ...(scaling ? [scaling] : [])],
      probe: () => [
        ...probedRule(scope, ruleOf, weightDecay),
        ...parameters.list().map((parameter) => probed(() => isDecayed(parameter))),
        ...(scaling ? probedFactors(scaling, parameters.list()) : []),
      ],
    });
    scope.note({
      _tag: "Functions",
      place: "the schedule",
      functions: [],
      probe: () => [...probedSteps(rate), ...(quantizerRate ? probedSteps(quantizerRate) : [])],
    });
    scope.note({
      _tag: "Layer",
      path,
      kind: "optimizer",
      options: {
        weightDecay,
        ...(scaling && { scaling: nameOf(scaling) }),
        ...(maxGradientNorm !== undefined && { maxGradientNorm }),
      },
      make: optimizer,
      within: [],
    });

    /** The updater of a parameter, and its rate. */
    const learnerOf = (parameter: Parameter): readonly [Updater, Schedule] => {
      const { learning, value } = parameter;
      const decay = isDecayed(parameter) ? weightDecay : 0;
      if (learning === undefined) return [ruleOf(scope, parameter, decay), rate];
      const isAdams = learning.optimizer === "adam";
      const update = (isAdams ? adamRule() : ruleOf)(scope, parameter, decay);
      return [keeping(engine, value, learning, update), quantizerRate ?? (isAdams ? adamRate : rate)];
    };

    const learners = new Map(
      parameters
        .list()
        .filter(isTrained)
        .map((parameter) => [parameter.path, learnerOf(parameter)]),
    );

    /** Updates all parameters that have a gradient; returns their number. */
    function* update(signals: readonly Signal[], step: number): Task<number> {
      const factorOf = scaling?.(signals.filter((signal) => signal._tag === "RangeSeen"));
      const given = signals.filter((signal) => signal._tag === "ParameterGradient");
      const gradients =
        maxGradientNorm === undefined ? given : yield* clipGradientNorm(engine, given, maxGradientNorm);
      const updates = gradients.map(({ parameter, gradient }) => {
        const learner = learners.get(parameter.path);
        if (learner === undefined) throw internal(`no updater for ${parameter.path}`);
        const [updater, rate] = learner;
        const where = `${path}, step ${step}, ${parameter.path}`;
        const scaled = checkFinite(where, "a learning rate", rate(step));
        const factor = factorOf
          ? checkFinite(where, "a factor on the learning rate", factorOf(parameter))
          : 1;
        return updater(gradient, scaled * factor, step);
      });
      yield* waitAll(updates);
      return updates.length;
    }

    function* trained(activation: Activation, emit: Emit): Task<Activation> {
      const { step } = activation;
      const wrong = notLoss(`${path}, step ${step}`, activation.x.shape);
      if (wrong) throw new RangeflowFailure(wrong);
      const learningRate = checkFinite(`${path}, step ${step}`, "a learning rate", rate(step));
      const updated = yield* update(yield* backward(engine, activation, emit), step);
      emit({ _tag: "Updated", step: step + 1, learningRate, parameters: updated });
      return { ...activation, pullback: () => {} };
    }

    return E.right({
      shape,
      ...onActivation((activation, emit) =>
        activation.training ? drive(trained(activation, emit)) : activation,
      ),
    });
  };
