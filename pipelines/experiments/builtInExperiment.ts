/** @file The settings of the command line as an experiment: one view of what experiments can say. */
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { classifiers, type ModelName, models, upscalers } from "../../models/index.ts";
import { absoluteError } from "../../operators/losses/absoluteError.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
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
import { dataNamed, isPhotograph, isUpscaling } from "../data/dataNamed.ts";
import { images } from "../data/images.ts";
import { pairs } from "../data/pairs.ts";
import { accumulatorIn, type Settings } from "../settings/settings.ts";
import type { Experiment } from "./experiment.ts";

/** The rate of each step: `--lr` as `--schedule` and `--warmup` shape it. */
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
    ...(settings.dclrs !== "none" && { scaling: dclrs({ per: settings.dclrs }) }),
    ...(quantizerLr > 0 && { quantizerRate: scheduleOf({ ...settings, lr: quantizerLr }) }),
  };
  switch (optimizer) {
    case "sgd":
      return optimizers.sgd({ ...options, nesterov });
    case "adam":
      return optimizers.adam(options);
    case "blaq":
      return optimizers.blaq({ ...options, period: settings.trialEvery, mix: settings.trialMix });
    case "niti":
      return optimizers.niti(options);
  }
};

/** The constraint that a bound stands for; none if it is 0. */
const constraintOf = (bound: number, { constraintLr }: Settings): Experiment["constraint"] =>
  bound > 0 ? { bound, rate: constraintLr } : undefined;

/** What does not go together. */
const clashes = ({ data, model, optimizer, nesterov, constraint }: Settings): readonly Problem[] => {
  const isPairs = isUpscaling(data);
  const task = isPairs ? "super-resolution" : "classification";
  const fitting = Object.keys(isPairs ? upscalers : classifiers) as readonly ModelName[];
  return [
    ...(fitting.includes(model)
      ? []
      : [
          problem(
            "--model",
            `${model} for --data ${data}, which is ${task}`,
            `one of ${fitting.join(", ")}`,
            "or take other data",
          ),
        ]),
    ...(nesterov && optimizer !== "sgd"
      ? [problem("--nesterov", `it with --optimizer ${optimizer}`, "it with sgd only")]
      : []),
    ...(constraint > 0 && isPairs
      ? [
          problem(
            "--constraint",
            `a constraint on the output in ${task}`,
            "classification",
            "leave it out, --constraint-layers is for any network",
          ),
        ]
      : []),
  ];
};

/**
 * The experiment that settings stand for.
 *
 * @param quantization rules that they stand for, as `flatRules` gives them
 * @throws `RangeflowFailure` of everything that does not go together
 */
export const builtInExperiment = (settings: Settings, quantization: readonly Rule[]): Experiment => {
  const problems = clashes(settings);
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  const { data, model, width, augment, smoothing, batch, epochs, seed } = settings;
  const isPairs = isUpscaling(data);
  const accumulator = accumulatorIn(settings.accumulator);
  const constraint = constraintOf(settings.constraint, settings);
  const layerConstraint = constraintOf(settings.constraintLayers, settings);
  return {
    name: model,
    network: { forData: ({ classes }) => models[model]({ classes: classes.length, width }) },
    data: async () => {
      const read = await dataNamed(settings);
      return {
        ...(isPairs ? pairs(read, { augment }) : images(read, { augment: augment && isPhotograph(data) })),
        name: data,
      };
    },
    loss: isPairs ? absoluteError() : crossEntropy({ smoothing }),
    optimizer: optimizerOf(settings),
    schedule: scheduleOf(settings),
    metrics: [],
    score: { metric: isPairs ? "psnr" : "accuracy", better: "higher" },
    quantization,
    ...(accumulator && { accumulator }),
    ...(settings.barrier > 0 && {
      barrier: {
        weight: settings.barrier,
        on: settings.barrierOn,
        bound: settings.barrierBound,
        sharpness: settings.barrierSharpness,
        growth: settings.barrierGrowth,
      },
    }),
    ...(constraint && { constraint: { ...constraint, smoothing } }),
    ...(layerConstraint && { layerConstraint }),
    measurements: { sqnrEvery: settings.sqnrEvery, histogramEvery: settings.histogramEvery },
    batch,
    epochs,
    seed,
  };
};
