/**
 * @file The settings of a training run: one table says their names, types, defaults and meaning, and decodes them from outside
 * (command line, code, checkpoint) with all errors at once.
 */
import { extname } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import type * as t from "io-ts";
import type { Accumulator } from "../../core/accumulator.ts";
import { engineNames } from "../../core/engines/registry.ts";
import { type Problem, problem, valueText } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { wholeIn } from "../../core/numberText.ts";
import { models } from "../../models/models.ts";
import { isWidth } from "../../quantizers/quantizer.ts";
import { weightsEndings } from "../weights/weightsFile.ts";
import { bitsIn } from "./bitsTriple.ts";
import { channels, codec, count, flag, numeric, oneOf, real, text, texts } from "./codecs.ts";

/** The accumulator that a text such as `16:wrap` names; none for any other. */
export const accumulatorIn = (text: string): Accumulator | undefined => {
  const [, width = "", overflow, all] = /^(\d+):(wrap|saturate)(:all)?$/.exec(text) ?? [];
  const bits = wholeIn(width);
  return bits >= 2 && bits <= 31
    ? { bits, overflow: overflow as Accumulator["overflow"], backward: all !== undefined }
    : undefined;
};

/** An accumulator as a person writes it: `16:wrap`. */
export const accumulatorText = ({ bits, overflow, backward }: Accumulator): string =>
  `${bits}:${overflow}${backward ? ":all" : ""}`;

/** A setting: how it is decoded, its default, and what the help says of it. */
interface Setting<T> {
  readonly codec: t.Type<T, unknown, unknown>;
  readonly fallback: T;
  readonly help: string;
  /** All of its values, where they are a few names. */
  readonly names?: readonly string[];
}

/** Path of a file of weights; empty where there is none. */
const weightsPath = codec(`the path of a ${weightsEndings.join(" or ")} file`, (u) =>
  typeof u === "string" && (u === "" || weightsEndings.includes(extname(u).toLowerCase())) ? u : undefined,
);

/** Bits of weights, activations and gradients, as `8/8/8`. */
const bitsTriple = codec("three of 2 to 8, or 32 for float32, as 8/8/8", (u) =>
  typeof u === "string" && bitsIn(u) ? u : undefined,
);

/** Bits of one layer, where they are not those of the others. */
const bitsOrSame = codec(`same, or ${bitsTriple.name}`, (u) =>
  u === "same" || bitsTriple.is(u) ? (u as string) : undefined,
);

/** Bits of the copy of a gradient that weights get. */
const widthOrSame = codec("same, 2 to 8, or 32 for float32", (u): number | "same" | undefined => {
  if (u === "same") return u;
  const bits = numeric(u, wholeIn);
  return isWidth(bits) ? bits : undefined;
});

const setting = <T>(
  codecOf: t.Type<T, unknown, unknown> & Pick<Setting<T>, "names">,
  fallback: T,
  help: string,
): Setting<T> => ({ codec: codecOf, fallback, help, ...(codecOf.names && { names: codecOf.names }) });

const accumulatorCodec = codec(
  "exact, or 2 to 31 bits with what happens beyond, as 16:wrap or 16:saturate, or 16:wrap:all for backward products, too",
  (u) => (typeof u === "string" && (u === "exact" || accumulatorIn(u)) ? u : undefined),
);

/** A number of threads, or that it be measured. */
const threadCount = codec("auto, or an integer from 1 to 64", (u): number | "auto" | undefined => {
  if (u === "auto") return u;
  const wanted = numeric(u, wholeIn);
  return Number.isInteger(wanted) && wanted >= 1 && wanted <= 64 ? wanted : undefined;
});

const notNegative = real("a number that is not negative", (x) => x >= 0 && Number.isFinite(x));
const positive = real("a positive number", (x) => x > 0 && Number.isFinite(x));
const unit = real("a number from 0 to less than 1", (x) => x >= 0 && x < 1);

/** Every setting of a run; names are those of the command line in camel case. */
export const settingsTable = {
  recipe: setting(
    text,
    "none",
    "a published method: its quantization and training, which all other options override; rangeflow estimators lists them, ./my-recipe.ts is one of your own",
  ),
  model: setting(
    oneOf(...(Object.keys(models) as (keyof typeof models)[])),
    "lenet5",
    Object.keys(models).join(" | "),
  ),
  variant: setting(
    oneOf("rangeflow", "torchvision"),
    "rangeflow",
    "rangeflow | torchvision: layers of resnet18, vgg16 and mobileNetV2 as torchvision has them, for images of any size",
  ),
  width: setting(positive, 1, "width multiplier of the numbers of channels (not of lenet5 and resnet20)"),
  data: setting(
    oneOf(
      ...(["glyphs", "mnist", "cifar10", "tinyImageNet", "glyphsX2", "tinyImageNetX2"] as const),
      ...(["scenes", "tinyImageNetBoxes"] as const),
    ),
    "glyphs",
    "glyphs (embedded) | mnist | cifar10 | tinyImageNet (needs the package sharp); glyphsX2 | tinyImageNetX2: pairs for edsr; scenes (embedded) | tinyImageNetBoxes: boxes for centerDetector",
  ),
  dataDir: setting(text, "", "directory of the data files"),
  inputMean: setting(
    channels(
      "numbers from 0 to 1, one for each channel, as 0.485,0.456,0.406; mean and deviation of pixels up to 255 are divided by 255",
      (x) => x >= 0 && x <= 1,
    ),
    "",
    "mean of each channel of pixels in [0, 1] that is taken away, as 0.1307 or 0.485,0.456,0.406; empty: that of the training images, which changes with --limit",
  ),
  inputStd: setting(
    channels(
      "positive numbers, one for each channel, as 0.229,0.224,0.225",
      (x) => x > 0 && Number.isFinite(x),
    ),
    "",
    "standard deviation of each channel that pixels are divided by then; empty: that of the training images",
  ),
  init: setting(
    weightsPath,
    "",
    "weights to begin with: a safetensors file such as a state dict of PyTorch, a checkpoint of a run, or an ONNX model in QDQ form",
  ),
  initNames: setting(
    text,
    "auto",
    'names of its tensors: auto | rangeflow | torchvision, or a JSON file { "ours": "theirs" }',
  ),
  initExcept: setting(
    texts,
    [],
    "layers that keep their random first values, by our names or theirs, such as dense; may be repeated",
  ),
  bits: setting(bitsTriple, "8/8/8", "bits of weights/activations/gradients: 2 to 8, or 32 for float32"),
  weightGradientBits: setting(
    widthOrSame,
    "same",
    "bits of a second copy of output gradients, used for the weight gradients alone; same: those of all gradients, and no copy unless its range or quantizer is given",
  ),
  firstBits: setting(bitsOrSame, "same", "bits W/A/G of the first convolution"),
  lastBits: setting(bitsOrSame, "same", "bits W/A/G of the last convolution or dense layer"),
  weightRange: setting(
    text,
    "currentMinMax",
    "estimator E of weight ranges; rangeflow estimators lists them, ./my-estimator.ts is one of your own",
  ),
  activationRange: setting(text, "inHindsight", "estimator of activation ranges"),
  gradientRange: setting(text, "inHindsight", "estimator of gradient ranges"),
  weightGradientRange: setting(text, "same", "estimator of that copy's ranges"),
  weightQuantizer: setting(
    text,
    "uniform",
    "quantizer Q of weights; rangeflow estimators lists them, ./my-quantizer.ts is one of your own",
  ),
  activationQuantizer: setting(text, "uniform", "quantizer of activations"),
  gradientQuantizer: setting(text, "uniform", "quantizer of gradients"),
  weightGradientQuantizer: setting(text, "same", "quantizer of that copy"),
  bitsAt: setting(texts, [], "other bits at sites such as conv1/*; may be repeated"),
  rangeAt: setting(texts, [], "another estimator at some sites; may be repeated"),
  quantizerAt: setting(texts, [], "another quantizer at some sites; may be repeated"),
  perChannel: setting(flag, false, "per-channel weights: a range for each output channel"),
  accumulator: setting(
    accumulatorCodec,
    "exact",
    "accumulator of forward products: exact, or 16:wrap or 16:saturate (with :all of backward products, too); counts overflows",
  ),
  barrier: setting(notNegative, 0, "weight of the log-barrier loss on weights; 0: none"),
  barrierOn: setting(oneOf("weights", "all"), "weights", "weights | all (also activations)"),
  barrierBound: setting(positive, 1, "bound on magnitudes that the barrier keeps"),
  barrierSharpness: setting(positive, 5, "t of the barrier in the first epoch"),
  barrierGrowth: setting(positive, 1.1, "factor of t from epoch to epoch"),
  constraint: setting(
    notNegative,
    0,
    "train in float32 with quantized outputs kept near: upper bound of the soft cross-entropy between both; 0: none",
  ),
  constraintLayers: setting(
    notNegative,
    0,
    "upper bound of the mean squared error of each quantized layer against float32; 0: none",
  ),
  constraintLr: setting(positive, 0.01, "dual learning rate of the multipliers, once an epoch"),
  epochs: setting(count(1), 8, "epochs: passes over the training data"),
  batch: setting(count(1), 64, "batch size"),
  optimizer: setting(
    oneOf("sgd", "adam", "blaq", "niti", "direct"),
    "sgd",
    "sgd | adam (wants a lower --lr, such as 0.001) | blaq (adam with trials, after which it begins again) | niti (integers, taken from weights that are 8-bit integers themselves; wants --lr 0.125) | direct (sgd that moves weights from level to level, for --weight-quantizer directQuantization)",
  ),
  trialEvery: setting(
    count(1),
    5,
    "batches between trial steps of blaq; each trial takes a step of an epoch",
  ),
  trialMix: setting(unit, 0.6, "blaq: weight of the moments before a trial step"),
  lr: setting(positive, 0.02, "learning rate"),
  quantizerLr: setting(
    notNegative,
    0,
    "learning rate of learned quantizers; 0: that of --lr, or 1e-5 for those that learn with Adam",
  ),
  schedule: setting(
    oneOf("constant", "cosine", "step"),
    "cosine",
    "constant | cosine | step (x0.1 at 50 % and 75 %)",
  ),
  dclrs: setting(
    oneOf("none", "layer", "network"),
    "none",
    "none | layer | network: scale learning rates down where dsgc measures that quantization changes the direction of gradients",
  ),
  warmup: setting(count(0), 0, "warm-up steps, in which the learning rate grows linearly"),
  momentum: setting(
    unit,
    0.9,
    "momentum of SGD, or beta1 of Adam; optimizer direct has no velocity, and moves weights among levels at lr / (1 - momentum)",
  ),
  nesterov: setting(flag, false, "Nesterov momentum, for sgd only"),
  weightDecay: setting(notNegative, 1e-4, "weight decay, not of biases and normalization layers"),
  smoothing: setting(unit, 0, "label smoothing"),
  augment: setting(flag, true, "random crops and flips of photographs and pairs"),
  limit: setting(count(1), 2 ** 31, "train on a subset of at most N images"),
  testLimit: setting(count(1), 2 ** 31, "test on a subset of at most N images"),
  seed: setting(count(0), 1, "random seed of initialization, shuffling and stochastic rounding"),
  engine: setting(oneOf("auto", ...engineNames), "auto", ["auto", ...engineNames].join(" | ")),
  threads: setting(threadCount, "auto", "threads of the simd engine; auto: the fastest number, measured"),
  sqnrEvery: setting(count(0), 0, "measure signal-to-noise ratios (SQNR) every N steps; 0: never"),
  histogramEvery: setting(count(0), 0, "record histograms of all sites every N steps; 0: never"),
  checkpointSeconds: setting(notNegative, 30, "seconds between checkpoints within an epoch"),
  patience: setting(positive, 10, "timeout in seconds of a call of an estimator or another module"),
} as const;

type Table = typeof settingsTable;
export type SettingName = keyof Table;
/** Settings of a run with a built-in model, by the names of the command line in camel case; `defaults` has the usual ones. */
export type Settings = { readonly [K in SettingName]: Table[K] extends Setting<infer T> ? T : never };

export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** `learningRate` as cells and tables have it: `learning-rate`. */
export const optionName = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** `learningRate` as the command line writes it: `--learning-rate`. */
export const optionOf = (name: string): string => `--${optionName(name)}`;

export const defaults = Object.fromEntries(
  settingNames.map((name) => [name, settingsTable[name].fallback]),
) as unknown as Settings;

/** Rules that a setting may have at most; looking at each of four billion would take for ever. */
const mostRules = 10_000;

/**
 * The settings that an object from outside asks for; what it leaves out has its default.
 *
 * @returns a refusal of everything that is wrong with it: unknown names, and values that are not what they should be
 */
export const decodeSettings = (
  from: Readonly<Record<string, unknown>>,
): E.Either<readonly Problem[], Settings> => {
  const unknown = Object.keys(from)
    .filter((name) => !Object.hasOwn(settingsTable, name))
    .map((name) =>
      problem(
        optionOf(name),
        "an unknown setting",
        expectedName(
          optionOf(name),
          settingNames.map(optionOf),
          "a setting, which rangeflow train --help lists",
        ),
      ),
    );
  const decoded = settingNames.map((name) => {
    const value = from[name];
    if (value === undefined) return E.right([name, settingsTable[name].fallback] as const);
    const codecOf: t.Type<unknown, unknown, unknown> = settingsTable[name].codec as never;
    const wrong = (): Problem => problem(optionOf(name), valueText(value), codecOf.name);
    if (Array.isArray(value) && value.length > mostRules) return E.left(wrong());
    return E.bimap(wrong, (read: unknown) => [name, read] as const)(codecOf.decode(value));
  });
  const problems = [...unknown, ...decoded.filter(E.isLeft).map(({ left }) => left)];
  return problems.length > 0
    ? E.left(problems)
    : E.right(Object.fromEntries(decoded.filter(E.isRight).map(({ right }) => right)) as unknown as Settings);
};
