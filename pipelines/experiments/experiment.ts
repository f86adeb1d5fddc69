/** @file An experiment: everything that decides the bits of a run, as one value. */

import type { Accumulator } from "../../core/accumulator.ts";
import { type Problem, problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { isCount, isFunction, isObject } from "../../core/guards.ts";
import { type OptionNames, unknownNames } from "../../core/knownOptions.ts";
import { expectedName } from "../../core/nearest.ts";
import type { HostTensor } from "../../core/tensor.ts";
import type { Detection } from "../../operators/detection/decodeCenters.ts";
import type { Module } from "../../operators/module/module.ts";
import { type Better, isEpochMetric, type OutputMetric } from "../../operators/taps/outputMetric.ts";
import { type Optimizer, optimizers } from "../../operators/training/optimizers.ts";
import { cosine, type RunSchedule } from "../../operators/training/schedule.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";
import type { DataFacts, Dataset } from "../data/dataset.ts";
import type { LabelledImages } from "../data/labelledImages.ts";
import { partProblems } from "./partBounds.ts";

/** A network, or how it is made for data that are not there yet. */
export type NetworkOf = Module | { readonly forData: (data: DataFacts) => Module };

/** Data, or how they are read. Labelled images are taken as they are, without augmentation. */
export type DataSource =
  | Dataset
  | LabelledImages
  | (() => Dataset | LabelledImages | Promise<Dataset | LabelledImages>);

/** A log barrier on weights, or on activations, too: `operators/losses/logBarrier.ts`. */
export interface BarrierPlan {
  /** Weight in the loss, beside its own 1. */
  readonly weight: number;
  readonly on: "weights" | "all";
  /** Values are wanted in [-bound, bound]. */
  readonly bound: number;
  /** t in the first epoch, and the factor that it grows by from one epoch to the next. */
  readonly sharpness: number;
  readonly growth: number;
}

/** A constraint whose multiplier takes a step at the end of each epoch. */
export interface ConstraintPlan {
  /** Upper bound of what is constrained. */
  readonly bound: number;
  /** Rate of the multiplier. */
  readonly rate: number;
}

/** A constraint on the output, beside a loss that is the cross-entropy of the network in float32. */
export interface OutputConstraint extends ConstraintPlan {
  /** Smoothing of the labels, as for `crossEntropy`; 0 where missing. */
  readonly smoothing?: number;
}

/** Measurements beside ranges, every so many steps; never where missing. */
export interface Measurements {
  /** Signal-to-quantization-noise ratios of all sites. */
  readonly sqnrEvery?: number;
  /** Histograms of all sites. */
  readonly histogramEvery?: number;
}

/** The metric that a run is judged by. */
export interface ScoreMetric {
  readonly metric: string;
  readonly better: Better;
}

/** Boxes that an output [N, ..] of a network tells of image `n` of its batch, the surest first, such as `decodeCenters` does. */
export type Detections = (output: HostTensor, n: number) => readonly Detection[];

/** Everything that decides the bits of a run; what does not is told to `train`. */
export interface Experiment {
  /** Name in events, tables and sentences. */
  readonly name: string;
  readonly network: NetworkOf;
  readonly data: DataSource;
  /** The end of the network that turns its output into one number, such as `crossEntropy()`. */
  readonly loss: Module;
  readonly optimizer: Optimizer;
  readonly schedule: RunSchedule;
  /** Metrics beside what the loss tells. */
  readonly metrics: readonly OutputMetric[];
  /** Metric that the run is judged by: by default accuracy or psnr where the loss tells one of them, otherwise the loss. */
  readonly score?: ScoreMetric;
  /** Boxes that its outputs tell: there where the task is detection, whose reports show what was found on test images. */
  readonly detections?: Detections;
  /** Later rules go before earlier ones; what none of them says is 8 bits with the usual ranges. */
  readonly quantization: readonly Rule[];
  /** Accumulator of integer products; exact where missing. */
  readonly accumulator?: Accumulator;
  readonly barrier?: BarrierPlan;
  /** Constraint on the difference between the quantized outputs and float32 ones, for classification; it brings the loss. */
  readonly constraint?: OutputConstraint;
  /** The same on each quantized layer. */
  readonly layerConstraint?: ConstraintPlan;
  readonly measurements: Measurements;
  /** Samples in a batch. */
  readonly batch: number;
  /** Passes over the training data. */
  readonly epochs: number;
  /** Seed of weights, order of samples, augmentation and stochastic rounding; an integer that is not negative. */
  readonly seed: number;
}

/** Parts that an experiment cannot do without; all else has a default. */
type Needed = "network" | "data" | "loss";

export type ExperimentParts = Pick<Experiment, Needed> & Partial<Omit<Experiment, Needed>>;

/** Parts of an experiment that belong together, such as a recipe. */
export type PartialExperiment = Partial<Experiment>;

const defaultParts: Omit<Experiment, Needed> = {
  name: "experiment",
  optimizer: optimizers.sgd({ momentum: 0.9, weightDecay: 1e-4 }),
  schedule: cosine(0.02),
  metrics: [],
  quantization: [],
  measurements: {},
  batch: 64,
  epochs: 8,
  seed: 1,
};

const has =
  (name: string) =>
  (x: unknown): boolean =>
    isObject(x) && isFunction((x as Readonly<Record<string, unknown>>)[name]);

const isText = (x: unknown): boolean => typeof x === "string" && x !== "";

/** Whether a metric can be measured, and called by a name. */
const isMetric = (x: unknown): boolean => {
  if (!isObject(x) || !isText((x as Partial<OutputMetric>).name)) return false;
  return isEpochMetric(x) ? has("gather")(x) && has("compute")(x) && !("evaluate" in x) : has("evaluate")(x);
};

const areMetrics = (x: unknown): boolean => Array.isArray(x) && x.every(isMetric);

const isScore = (x: unknown): boolean => {
  if (x === undefined) return true;
  if (!isObject(x)) return false;
  const { metric, better } = x as Partial<ScoreMetric>;
  return isText(metric) && (better === "higher" || better === "lower");
};

const isAccumulator = (x: unknown): boolean => {
  if (x === undefined) return true;
  if (!isObject(x)) return false;
  const { bits, overflow } = x as Partial<Accumulator>;
  return isCount(bits, 2) && (bits as number) <= 31 && (overflow === "wrap" || overflow === "saturate");
};

/** Expectations of each part, where its type does not hold it: experiments also come from files that nobody has checked. */
const expectations: readonly (readonly [
  part: keyof Experiment,
  expected: string,
  holds: (x: unknown) => boolean,
])[] = [
  ["name", "a text", isText],
  ["network", "a module, or { forData }", (x) => isFunction(x) || has("forData")(x)],
  ["data", "a data set, or a function that gives one", (x) => isFunction(x) || isObject(x)],
  ["loss", "a module, such as crossEntropy()", isFunction],
  ["optimizer", "an optimizer, such as optimizers.sgd()", has("make")],
  ["schedule", "a function of the step, such as cosine(0.02)", isFunction],
  [
    "metrics",
    "an array of metrics { name, better, evaluate }, or of { name, better, gather, compute } for a whole evaluation",
    areMetrics,
  ],
  ["score", '{ metric: "psnr", better: "higher" }, or "lower"', isScore],
  ["detections", "a function, such as decodeCenters", (x) => x === undefined || isFunction(x)],
  [
    "accumulator",
    '{ bits, overflow, backward } of 2 to 31 bits, with overflow "wrap" or "saturate"',
    isAccumulator,
  ],
  ["quantization", "an array of rules", Array.isArray],
  ["batch", "an integer from 1", (x) => isCount(x, 1)],
  ["epochs", "an integer from 1", (x) => isCount(x, 1)],
  ["seed", "an integer from 0", (x) => isCount(x, 0)],
];

/** Names of all parts: those that are checked, and those that may be missing. */
const partNames: readonly string[] = [
  ...expectations.map(([part]) => part),
  ...(["barrier", "constraint", "layerConstraint", "measurements"] as const satisfies (keyof Experiment)[]),
];

/** Names in those parts of an experiment that are objects of options. */
const optionParts: {
  readonly [K in
    | "score"
    | "accumulator"
    | "barrier"
    | "constraint"
    | "layerConstraint"
    | "measurements"]: OptionNames<NonNullable<Experiment[K]>>;
} = {
  score: { metric: true, better: true },
  accumulator: { bits: true, overflow: true, backward: true },
  barrier: { weight: true, on: true, bound: true, sharpness: true, growth: true },
  constraint: { bound: true, rate: true, smoothing: true },
  layerConstraint: { bound: true, rate: true },
  measurements: { sqnrEvery: true, histogramEvery: true },
};

/** Options in parts of an experiment that these do not have. */
const unknownIn = (parts: Experiment): readonly Problem[] =>
  Object.entries(optionParts).flatMap(([part, names]) => {
    const given = parts[part as keyof typeof optionParts];
    return given === undefined ? [] : unknownNames(`experiment, ${part}`, given, Object.keys(names));
  });

/** Values that parts cannot have; one that is no object is told of by its names. */
const valueProblems = (parts: Experiment): readonly Problem[] =>
  unknownIn(parts).length > 0 ? [] : partProblems(parts);

/** Parts that no experiment has, which a type would have told of. */
const unknownParts = (parts: object): readonly Problem[] =>
  Object.keys(parts)
    .filter((name) => !partNames.includes(name))
    .map((name) =>
      problem("experiment", `an unknown part ${name}`, expectedName(name, partNames), "check its spelling"),
    );

/** Own metrics of which one cannot be told from another. */
const sameMetrics = ({ metrics }: Pick<Experiment, "metrics">): readonly Problem[] => {
  const names = metrics.map(({ name }) => name);
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  return [...twice].map((name) =>
    problem("experiment, metrics", `two metrics named ${name}`, "a unique name for each"),
  );
};

/**
 * An experiment: defaults under the parts that are given, which are those of the command line.
 *
 * @throws `RangeflowFailure` of every part that cannot be
 * @example
 * import { crossEntropy, dense, experiment, flatten, glyphs, quantized, sequential } from "rangeflow";
 *
 * const mine = experiment({
 *   network: sequential(flatten(), quantized(dense)("dense1", { units: 10 })),
 *   data: glyphs({ train: 640, test: 64 }),
 *   loss: crossEntropy(),
 *   epochs: 1,
 * });
 * mine.batch; // 64
 */
export const experiment = (parts: ExperimentParts): Experiment => {
  if (typeof parts !== "object" || parts === null)
    throw new RangeflowFailure(
      problem("experiment", valueText(parts), "an object { network, data, loss, .. }"),
    );
  const whole: Experiment = { ...defaultParts, ...parts };
  const unlike = expectations
    .filter(([part, , holds]) => !holds(whole[part]))
    .map(([part, expected]) => problem(`experiment, ${part}`, valueText(whole[part] ?? "nothing"), expected));
  const problems: readonly Problem[] = [
    ...unknownParts(parts),
    ...unlike,
    ...(unlike.length === 0 ? [...sameMetrics(whole), ...unknownIn(whole), ...valueProblems(whole)] : []),
  ];
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  return whole;
};
