import type { Constraint } from "../../core/constraint.ts";
import type { Engine } from "../../core/engine.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { growingSharpness, type LogBarrier } from "../../core/logBarrier.ts";
import { key } from "../../core/random.ts";
import { models } from "../../models/index.ts";
import { constrained } from "../../operators/losses/constrained.ts";
import { layerConstraint } from "../../operators/losses/constrainedLayer.ts";
import { barrierOnActivations, weightBarrier } from "../../operators/losses/logBarrier.ts";
import { sharedGradients } from "../../operators/losses/sharedGradients.ts";
import { build, scopeFor } from "../../operators/module/build.ts";
import type { Layer } from "../../operators/module/layer.ts";
import type { Convolution, Module, Scope } from "../../operators/module/module.ts";
import { type Parameters, parameterStore } from "../../operators/module/parameters.ts";
import { patienceOf } from "../../operators/module/patience.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { histogramsAt } from "../../operators/taps/histograms.ts";
import { sqnrAt } from "../../operators/taps/sqnr.ts";
import { adam } from "../../operators/training/adam.ts";
import { blaq } from "../../operators/training/blaq.ts";
import { dclrs } from "../../operators/training/dclrs.ts";
import { niti } from "../../operators/training/niti.ts";
import { constantRate, cosine, type Schedule, stepDecay, warmUp } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import type { SiteQuantizers } from "../../quantizers/rules/resolveRules.ts";
import type { LabelledImages } from "../data/labelledImages.ts";
import { watchedCall } from "../foreign/watchdog.ts";
import { accumulatorIn, type Settings } from "../settings/settings.ts";
import type { ProductEvent } from "./events.ts";
import { productsOf } from "./products.ts";
import { taskOf } from "./task.ts";

/** The learning rate of each of `steps` steps. */
export const scheduleOf = ({ lr, schedule, warmup }: Settings, steps: number): Schedule => {
  const rates: Readonly<Record<Settings["schedule"], Schedule>> = {
    constant: constantRate(lr),
    cosine: cosine(lr, { steps }),
    step: stepDecay(lr, { at: [Math.floor(steps / 2), Math.floor((3 * steps) / 4)] }),
  };
  return warmup > 0 ? warmUp(warmup, rates[schedule]) : rates[schedule];
};

/** Every so many steps; never if 0. */
const every =
  (period: number) =>
  (step: number): boolean =>
    period > 0 && step % period === 0;

/** Steps of an epoch, of which all have equally many. */
const epochOf = ({ epochs }: Settings, steps: number): number => Math.max(steps / epochs, 1);

const barrierOf = (settings: Settings, steps: number): LogBarrier | undefined =>
  settings.barrier > 0
    ? {
        weight: settings.barrier,
        bound: settings.barrierBound,
        sharpness: growingSharpness(
          settings.barrierSharpness,
          settings.barrierGrowth,
          epochOf(settings, steps),
        ),
      }
    : undefined;

/** The constraint that a bound stands for; none if it is 0. */
const constraintOf = (bound: number, settings: Settings, steps: number): Constraint | undefined =>
  bound > 0 ? { bound, rate: settings.constraintLr, period: epochOf(settings, steps) } : undefined;

/**
 * A model with the loss of its task, under a constraint on its output or none.
 *
 * @throws `RangeflowFailure` if the task knows no such constraint
 */
const judgedModel = (model: Module, settings: Settings, constraint: Constraint | undefined): Module => {
  const task = taskOf(settings);
  if (constraint === undefined) return sequential(model, task.loss(settings));
  if (task.score === "accuracy") return constrained(model, { constraint, smoothing: settings.smoothing });
  throw new RangeflowFailure(
    problem(
      "--constraint",
      `a constraint on the output in ${task.name}`,
      "classification",
      "leave it out, --constraint-layers is for any network",
    ),
  );
};

const optimizerOf = (settings: Settings, steps: number): Module => {
  const { optimizer, momentum, nesterov, weightDecay, quantizerLr } = settings;
  const options = {
    rate: scheduleOf(settings, steps),
    momentum,
    weightDecay,
    ...(settings.dclrs !== "none" && { scaling: dclrs({ per: settings.dclrs }) }),
    ...(quantizerLr > 0 && { quantizerRate: scheduleOf({ ...settings, lr: quantizerLr }, steps) }),
  };
  if (optimizer === "sgd") return sgd({ ...options, nesterov });
  if (nesterov)
    throw new RangeflowFailure(problem("--nesterov", `it with --optimizer ${optimizer}`, "it with sgd only"));
  switch (optimizer) {
    case "adam":
      return adam(options);
    case "blaq":
      return blaq({ ...options, period: settings.trialEvery, mix: settings.trialMix });
    case "niti":
      return niti(options);
  }
};

export interface NetworkOptions extends SiteQuantizers {
  readonly settings: Settings;
  readonly engine: Engine;
  readonly data: LabelledImages;
  readonly history: Scope["history"];
  /** Training steps of the whole run. */
  readonly steps: number;
}

export interface Network {
  /** Model, loss and optimizer. */
  readonly layer: Layer;
  readonly parameters: Parameters;
  readonly products: readonly ProductEvent[];
}

/**
 * Builds what a run trains: its model, the loss of its task, and its optimizer.
 *
 * @throws `RangeflowFailure` of everything that cannot be built
 */
export const network = (options: NetworkOptions): Network => {
  const { settings, engine, data, quantizer, weightGradient, history, steps } = options;
  const barrier = barrierOf(settings, steps);
  const constraint = constraintOf(settings.constraint, settings, steps);
  const constraintOnLayers = constraintOf(settings.constraintLayers, settings, steps);
  const parameters = parameterStore(engine);
  const module: Module = sequential(
    judgedModel(
      models[settings.model]({ classes: data.classes.length, width: settings.width }),
      settings,
      constraint,
    ),
    ...(constraint || constraintOnLayers ? [sharedGradients()] : []),
    ...(barrier ? [weightBarrier(barrier)] : []),
    optimizerOf(settings, steps),
  );
  const convolutions: Convolution[] = [];
  const scope = scopeFor({
    shape: taskOf(settings).inputShape(data),
    engine,
    seed: key(settings.seed),
    parameters,
    quantizer,
    weightGradient,
    history,
    patience: patienceOf(settings.patience, "--patience"),
    watch: watchedCall,
    accumulator: accumulatorIn(settings.accumulator),
    announce: (convolution) => void convolutions.push(convolution),
    hooks: [
      histogramsAt(every(settings.histogramEvery)),
      sqnrAt(every(settings.sqnrEvery)),
      ...(constraintOnLayers ? [layerConstraint(constraintOnLayers)] : []),
      ...(barrier && settings.barrierOn === "all" ? [barrierOnActivations(barrier)] : []),
    ],
  });
  const { layer } = build(module, scope);
  return { layer, parameters, products: productsOf(convolutions, { quantizer, weightGradient }) };
};
