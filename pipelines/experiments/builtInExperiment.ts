/** @file Settings of the command line as an experiment. They cover a part of what experiments can express. */
import { conflict, type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { models } from "../../models/models.ts";
import { dclrs } from "../../operators/training/dclrs.ts";
import { type Optimizer, optimizers } from "../../operators/training/optimizers.ts";
import {
  constantRate,
  cosine,
  type RunSchedule,
  stepDecayAt,
  warmUp,
} from "../../operators/training/schedule.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";
import { dataNamed, type ReadData } from "../data/dataNamed.ts";
import { accumulatorIn, defaults, type SettingName, type Settings } from "../settings/settings.ts";
import type { BarrierPlan, Experiment, OutputConstraint, PartialExperiment } from "./experiment.ts";
import { taskOf } from "./task.ts";

/** Learning rate of each step: `--lr`, shaped by `--schedule` and `--warmup`. */
const scheduleOf = ({ lr, schedule, warmup }: Pick<Settings, "lr" | "schedule" | "warmup">): RunSchedule => {
  const rates: Readonly<Record<Settings["schedule"], RunSchedule>> = {
    constant: constantRate(lr),
    cosine: cosine(lr),
    step: stepDecayAt(lr, { shares: [0.5, 0.75] }),
  };
  return warmup > 0 ? warmUp(warmup, rates[schedule]) : rates[schedule];
};

const optimizerOf = (settings: Settings): Optimizer => {
  const { optimizer, momentum, nesterov, weightDecay, quantizerLr } = settings;
  const options = {
    momentum,
    weightDecay,
    ...(settings.maxGradientNorm > 0 && { maxGradientNorm: settings.maxGradientNorm }),
    ...(settings.dclrs !== "none" && { scaling: dclrs({ per: settings.dclrs }) }),
    ...(quantizerLr > 0 && { quantizerRate: scheduleOf({ ...settings, lr: quantizerLr }) }),
  };
  switch (optimizer) {
    case "sgd":
      return optimizers.sgd({ ...options, nesterov });
    case "adam":
      return optimizers.adam(options);
    case "adamW":
      return optimizers.adamW(options);
    case "blaq":
      return optimizers.blaq({ ...options, period: settings.trialEvery, mix: settings.trialMix });
    case "niti":
      return optimizers.niti(options);
    case "direct":
      return optimizers.direct(options);
  }
};

/** Constraint with a given bound; undefined if the bound is 0. */
const constraintOf = (bound: number, { constraintLr }: Settings): Experiment["constraint"] =>
  bound > 0 ? { bound, rate: constraintLr } : undefined;

/** Incompatible combinations of settings. */
const clashes = ({ data, model, optimizer, nesterov, constraint }: Settings): readonly Problem[] => {
  const task = taskOf(data);
  return [
    ...(task.models.includes(model)
      ? []
      : [
          problem(
            "--model",
            `${model} for --data ${data}, which is ${task.name}`,
            `one of ${task.models.join(", ")}`,
            "or use other data",
          ),
        ]),
    ...(nesterov && optimizer !== "sgd"
      ? [conflict("--nesterov", `requires --optimizer sgd, not ${optimizer}`, "leave it out")]
      : []),
    ...(constraint > 0 && task.name !== "classification"
      ? [
          conflict(
            "--constraint",
            `applies to classification, not to ${task.name}`,
            "leave it out, or use --constraint-layers, which applies to any network",
          ),
        ]
      : []),
  ];
};

const barrierOf = (settings: Settings): BarrierPlan | undefined =>
  settings.barrier > 0
    ? {
        weight: settings.barrier,
        on: settings.barrierOn,
        bound: settings.barrierBound,
        sharpness: settings.barrierSharpness,
        growth: settings.barrierGrowth,
      }
    : undefined;

const outputConstraintOf = (settings: Settings): OutputConstraint | undefined => {
  const constraint = constraintOf(settings.constraint, settings);
  return constraint && { ...constraint, smoothing: settings.smoothing };
};

/** Parts of an experiment that decide how a network is trained, each with the settings that it is made from. */
const makers = {
  optimizer: {
    from: [
      ...(["optimizer", "momentum", "nesterov", "weightDecay", "maxGradientNorm"] as const),
      ...(["quantizerLr", "dclrs", "trialEvery", "trialMix"] as const),
    ],
    make: optimizerOf,
  },
  schedule: { from: ["lr", "schedule", "warmup"], make: scheduleOf },
  accumulator: { from: ["accumulator"], make: ({ accumulator }) => accumulatorIn(accumulator) },
  barrier: {
    from: ["barrier", "barrierOn", "barrierBound", "barrierSharpness", "barrierGrowth"],
    make: barrierOf,
  },
  constraint: { from: ["constraint"], make: outputConstraintOf },
  layerConstraint: {
    from: ["constraintLayers"],
    make: (settings) => constraintOf(settings.constraintLayers, settings),
  },
} as const satisfies Partial<
  Record<
    keyof Experiment,
    { readonly from: readonly SettingName[]; readonly make: (settings: Settings) => unknown }
  >
>;

/**
 * Training parts of an experiment: those that depend on at least one of the given settings. Settings that are left out have their
 * defaults.
 */
export const trainingParts = (said: Partial<Settings>): PartialExperiment => {
  const settings: Settings = { ...defaults, ...said };
  const parts = Object.entries(makers)
    .filter(([, { from }]) => from.some((name) => said[name] !== undefined))
    .map(([part, { make }]) => [part, make(settings)] as const);
  return Object.fromEntries(parts.filter(([, made]) => made !== undefined));
};

/**
 * The experiment that settings stand for.
 *
 * @param quantization rules that the settings stand for, as `flatRules` makes them
 * @param read reads the data that the settings name
 * @throws `RangeflowFailure` with every incompatible combination of settings
 */
export const builtInExperiment = (
  settings: Settings,
  quantization: readonly Rule[],
  read: ReadData = dataNamed,
): Experiment => {
  const problems = clashes(settings);
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  const { data, model, width, variant, batch, epochs, seed } = settings;
  const { loss, metrics, score, detections } = taskOf(data);
  return {
    name: model,
    network: { forData: ({ classes }) => models[model]({ classes: classes.length, width, variant }) },
    data: () => read(settings),
    loss: loss(settings),
    optimizer: optimizerOf(settings),
    schedule: scheduleOf(settings),
    metrics,
    score,
    ...(detections && { detections }),
    quantization,
    ...trainingParts(settings),
    measurements: { sqnrEvery: settings.sqnrEvery, histogramEvery: settings.histogramEvery },
    batch,
    epochs,
    seed,
  };
};
