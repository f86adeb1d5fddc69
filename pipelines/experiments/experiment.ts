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

/** A network, or a function that makes it from facts about the data, for example the number of classes. */
export type NetworkOf = Module | { readonly forData: (data: DataFacts) => Module };

/** Data, or a function that reads them. `LabelledImages` are used without augmentation. */
export type DataSource =
  | Dataset
  | LabelledImages
  | (() => Dataset | LabelledImages | Promise<Dataset | LabelledImages>);

/** Log barrier in the loss, on weights or also on activations (`operators/losses/logBarrier.ts`). */
export interface BarrierPlan {
  /** Weight of the barrier in the total loss; the task loss has weight 1. */
  readonly weight: number;
  /** Values that the barrier applies to: weights, or weights and activations. */
  readonly on: "weights" | "all";
  /** The barrier pushes values into [-bound, bound]. */
  readonly bound: number;
  /** Sharpness t of the barrier in the first epoch. */
  readonly sharpness: number;
  /** Factor by which the sharpness grows from one epoch to the next. */
  readonly growth: number;
}

/** A constraint whose Lagrange multiplier takes one dual step at the end of each epoch. */
export interface ConstraintPlan {
  /** Upper bound of the constrained quantity. */
  readonly bound: number;
  /** Learning rate of the multiplier. */
  readonly rate: number;
}

/** Constraint on the output of the network. The loss is then the cross-entropy of the network in float32. */
export interface OutputConstraint extends ConstraintPlan {
  /** Label smoothing, as in `crossEntropy`. Default: 0. */
  readonly smoothing?: number;
}

/** Measurements in addition to ranges. */
export interface Measurements {
  /** Measure the signal-to-quantization-noise ratio of every site each N training steps; 0 means never. Default: never. */
  readonly sqnrEvery?: number;
  /** Record a histogram of every site each N training steps; 0 means never. Default: never. */
  readonly histogramEvery?: number;
}

/** Metric that scores a run. */
export interface ScoreMetric {
  /** Name of the metric. */
  readonly metric: string;
  /** Whether higher or lower values are better. */
  readonly better: Better;
}

/** Decodes boxes from an output [N, ..] for image `n` of the batch, highest score first. Example: `decodeCenters`. */
export type Detections = (output: HostTensor, n: number) => readonly Detection[];

/** Everything that decides the bits of a run. Options that change no bit are passed to `train`. */
export interface Experiment {
  /** Name in events, tables and messages. Default: `experiment`. */
  readonly name: string;
  /** Network to train, or `{ forData }`, which makes it from facts about the data. */
  readonly network: NetworkOf;
  /** Training and test data, or a function that reads them. */
  readonly data: DataSource;
  /** Module that follows the network and turns its output into one number, such as `crossEntropy()`. */
  readonly loss: Module;
  /** Default: SGD with momentum 0.9 and weight decay 1e-4. */
  readonly optimizer: Optimizer;
  /** Learning rate of each step. Default: `cosine(0.02)`. */
  readonly schedule: RunSchedule;
  /** Metrics in addition to those that the loss reports. Default: none. */
  readonly metrics: readonly OutputMetric[];
  /** Metric that scores the run. Default: the first of accuracy, psnr and loss that the loss module reports. */
  readonly score?: ScoreMetric;
  /** Decodes boxes from outputs, for detection; the report then shows the boxes found on test images. Default: none. */
  readonly detections?: Detections;
  /**
   * Quantization rules; later rules override earlier ones. Default: none. What no rule sets is 8 bits, with `currentMinMax()` for weights
   * and `inHindsight()` for activations and gradients.
   */
  readonly quantization: readonly Rule[];
  /** Accumulator of integer products. Default: exact sums. */
  readonly accumulator?: Accumulator;
  /** Log barrier in the loss. Default: none. */
  readonly barrier?: BarrierPlan;
  /**
   * Constraint on the difference between quantized and float32 outputs, for classification. It supplies the loss as well. Default: none.
   */
  readonly constraint?: OutputConstraint;
  /** The same kind of constraint on each quantized layer. Default: none. */
  readonly layerConstraint?: ConstraintPlan;
  /** Measurements in addition to ranges. Default: none. */
  readonly measurements: Measurements;
  /** Samples per batch, at least 1. Default: 64. */
  readonly batch: number;
  /** Passes over the training data, at least 1. Default: 8. */
  readonly epochs: number;
  /** Seed of initial weights, sample order, augmentation and stochastic rounding; an integer from 0. Default: 1. */
  readonly seed: number;
}

/** Required parts of an experiment; all others have a default. */
type Needed = "network" | "data" | "loss";

/** Parts that `experiment` takes: `network`, `data` and `loss` are required, all others have a default. */
export type ExperimentParts = Pick<Experiment, Needed> & Partial<Omit<Experiment, Needed>>;

/** Some parts of an experiment that belong together, for example those of a recipe. */
export type PartialExperiment = Partial<Experiment>;

/** Name of experiments whose author gives none. */
export const defaultName = "experiment";

const defaultParts: Omit<Experiment, Needed> = {
  name: defaultName,
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

/** Whether a metric has a name and the functions that compute it. */
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

/**
 * Check of each part with the text of what is expected. Types do not suffice: experiments also come from files that no compiler has
 * checked.
 */
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

/** Names of all parts: those in `expectations`, and those without an entry there. */
const partNames: readonly string[] = [
  ...expectations.map(([part]) => part),
  ...(["barrier", "constraint", "layerConstraint", "measurements"] as const satisfies (keyof Experiment)[]),
];

/** Option names of the parts that are objects of options. */
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

/** Unknown options in the parts of an experiment. */
const unknownIn = (parts: Experiment): readonly Problem[] =>
  Object.entries(optionParts).flatMap(([part, names]) => {
    const given = parts[part as keyof typeof optionParts];
    return given === undefined ? [] : unknownNames(`experiment, ${part}`, given, Object.keys(names));
  });

/** Invalid values in parts. They are checked only if all option names are known. */
const valueProblems = (parts: Experiment): readonly Problem[] =>
  unknownIn(parts).length > 0 ? [] : partProblems(parts);

/** Parts that no experiment has. The compiler reports them in TypeScript; files may be JavaScript. */
const unknownParts = (parts: object): readonly Problem[] =>
  Object.keys(parts)
    .filter((name) => !partNames.includes(name))
    .map((name) =>
      problem("experiment", `an unknown part ${name}`, expectedName(name, partNames), "check its spelling"),
    );

/** Metrics that share a name. */
const sameMetrics = ({ metrics }: Pick<Experiment, "metrics">): readonly Problem[] => {
  const names = metrics.map(({ name }) => name);
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  return [...twice].map((name) =>
    problem("experiment, metrics", `two metrics named ${name}`, "a unique name for each"),
  );
};

/**
 * Makes an experiment from its parts. Parts that are left out have the defaults of the command line.
 *
 * @throws `RangeflowFailure` with every invalid part
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
