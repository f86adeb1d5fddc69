/**
 * @file The settings of a training run: one table of names, types, defaults and help texts, which also decodes settings from the
 * command line, code and checkpoints and reports all errors at once.
 */
import * as E from "fp-ts/lib/Either.js";
import type * as t from "io-ts";
import { engineNames } from "../../core/engines/registry.ts";
import { type Problem, problem, valueText } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { models } from "../../models/models.ts";
import { channels, count, flag, oneOf, text, texts } from "./codecs.ts";
import {
  accumulatorCodec,
  bitsOrSame,
  bitsTriple,
  notNegative,
  positive,
  threadCount,
  unit,
  weightsPath,
  widthOrSame,
} from "./settingCodecs.ts";

export { accumulatorIn, accumulatorText } from "./settingCodecs.ts";

/** A setting: its codec, default and help text. */
interface Setting<T> {
  readonly codec: t.Type<T, unknown, unknown>;
  readonly fallback: T;
  readonly help: string;
  /** All of its values, if they are a few names. */
  readonly names?: readonly string[];
}

const setting = <T>(
  codecOf: t.Type<T, unknown, unknown> & Pick<Setting<T>, "names">,
  fallback: T,
  help: string,
): Setting<T> => ({ codec: codecOf, fallback, help, ...(codecOf.names && { names: codecOf.names }) });

/** Every setting of a run; names are the options of the command line in camel case. */
export const settingsTable = {
  recipe: setting(
    text,
    "none",
    "published method that sets quantization and training; all other options override it; rangeflow estimators lists recipes, ./my-recipe.ts names one of your own",
  ),
  model: setting(
    oneOf(...(Object.keys(models) as (keyof typeof models)[])),
    "lenet5",
    Object.keys(models).join(" | "),
  ),
  variant: setting(
    oneOf("rangeflow", "torchvision"),
    "rangeflow",
    "rangeflow | torchvision: resnet18, vgg16 and mobileNetV2 with the layers of torchvision, for images of any size",
  ),
  width: setting(positive, 1, "width multiplier of channel counts (not for lenet5 and resnet20)"),
  data: setting(
    oneOf(
      ...(["glyphs", "mnist", "cifar10", "tinyImageNet", "glyphsX2", "tinyImageNetX2"] as const),
      ...(["scenes", "tinyImageNetBoxes"] as const),
    ),
    "glyphs",
    "glyphs (embedded) | mnist | cifar10 | tinyImageNet (needs the package sharp); glyphsX2 | tinyImageNetX2: image pairs for edsr; scenes (embedded) | tinyImageNetBoxes: boxes for centerDetector",
  ),
  dataDir: setting(text, "", "directory of the data files"),
  inputMean: setting(
    channels(
      "numbers from 0 to 1, one for each channel, as 0.485,0.456,0.406; divide the mean and deviation of pixels up to 255 by 255",
      (x) => x >= 0 && x <= 1,
    ),
    "",
    "per-channel mean subtracted from pixels in [0, 1], e.g. 0.1307 or 0.485,0.456,0.406; default: the mean of the training images, which changes with --limit",
  ),
  inputStd: setting(
    channels(
      "positive numbers, one for each channel, as 0.229,0.224,0.225",
      (x) => x > 0 && Number.isFinite(x),
    ),
    "",
    "per-channel standard deviation that pixels are then divided by, e.g. 0.3081; default: that of the training images, which changes with --limit",
  ),
  init: setting(
    weightsPath,
    "",
    "initial weights: a safetensors file such as a PyTorch state dict, a checkpoint of a run, or an ONNX model in QDQ form",
  ),
  initNames: setting(
    text,
    "auto",
    'tensor names in the file of --init: auto | rangeflow | torchvision, or a JSON file { "rangeflow name": "name in the file" }',
  ),
  initExcept: setting(
    texts,
    [],
    "layer that keeps its random initial values, such as dense; named as in Rangeflow or as in the file of --init; may be repeated",
  ),
  bits: setting(bitsTriple, "8/8/8", "bits of weights/activations/gradients: 2 to 8, or 32 for float32"),
  weightGradientBits: setting(
    widthOrSame,
    "same",
    "bits of a second copy of output gradients, used for weight gradients only; same: those of all gradients, without a copy unless its range or quantizer is given",
  ),
  firstBits: setting(bitsOrSame, "same", "bits W/A/G of the first convolution"),
  lastBits: setting(bitsOrSame, "same", "bits W/A/G of the last convolution or dense layer"),
  weightRange: setting(
    text,
    "currentMinMax",
    "estimator E of weight ranges; rangeflow estimators lists them, ./my-estimator.ts names one of your own",
  ),
  activationRange: setting(text, "inHindsight", "estimator of activation ranges"),
  gradientRange: setting(text, "inHindsight", "estimator of gradient ranges"),
  weightGradientRange: setting(text, "same", "estimator of ranges of the second gradient copy"),
  weightQuantizer: setting(
    text,
    "uniform",
    "quantizer Q of weights; rangeflow estimators lists them, ./my-quantizer.ts names one of your own",
  ),
  activationQuantizer: setting(text, "uniform", "quantizer of activations"),
  gradientQuantizer: setting(text, "uniform", "quantizer of gradients"),
  weightGradientQuantizer: setting(text, "same", "quantizer of the second gradient copy"),
  bitsAt: setting(texts, [], "different bits at sites such as conv1/*; may be repeated"),
  rangeAt: setting(texts, [], "different estimator at some sites; may be repeated"),
  quantizerAt: setting(texts, [], "different quantizer at some sites; may be repeated"),
  perChannel: setting(flag, false, "per-channel weight quantization: one range per output channel"),
  accumulator: setting(
    accumulatorCodec,
    "exact",
    "accumulator of forward products: exact, or 16:wrap or 16:saturate (append :all to apply it to backward products as well); overflows are counted",
  ),
  barrier: setting(notNegative, 0, "weight of the log-barrier loss on weights; 0: off"),
  barrierOn: setting(oneOf("weights", "all"), "weights", "weights | all (also activations)"),
  barrierBound: setting(positive, 1, "largest magnitude the barrier allows"),
  barrierSharpness: setting(positive, 5, "sharpness t of the barrier in the first epoch"),
  barrierGrowth: setting(positive, 1.1, "factor that t grows by each epoch"),
  constraint: setting(
    notNegative,
    0,
    "train in float32 with quantized outputs kept close: upper bound of the soft cross-entropy between both; 0: off",
  ),
  constraintLayers: setting(
    notNegative,
    0,
    "upper bound of the mean squared error of each quantized layer against float32; 0: off",
  ),
  constraintLr: setting(
    positive,
    0.01,
    "dual learning rate of the Lagrange multipliers, updated once per epoch",
  ),
  epochs: setting(count(1), 8, "number of passes over the training data"),
  batch: setting(count(1), 64, "batch size"),
  optimizer: setting(
    oneOf("sgd", "adam", "adamW", "blaq", "niti", "direct"),
    "sgd",
    "sgd | adam (needs a lower --lr, such as 0.001) | adamW (the same with decoupled weight decay; PyTorch's is 0.01) | blaq (Adam with trial steps that are rolled back) | niti (integer updates of weights that are 8-bit integers themselves; needs --lr 0.125) | direct (sgd that moves weights from level to level, for --weight-quantizer directQuantization)",
  ),
  trialEvery: setting(
    count(1),
    5,
    "batches between trial steps of blaq; each trial uses up one training step",
  ),
  trialMix: setting(unit, 0.6, "blaq: weight of the moments from before a trial step"),
  lr: setting(positive, 0.02, "learning rate"),
  quantizerLr: setting(
    notNegative,
    0,
    "learning rate of learned quantizer parameters; 0: that of --lr, or 1e-5 for those that learn with Adam",
  ),
  schedule: setting(
    oneOf("constant", "cosine", "step"),
    "cosine",
    "constant | cosine | step (x0.1 at 50 % and 75 % of the run)",
  ),
  dclrs: setting(
    oneOf("none", "layer", "network"),
    "none",
    "none | layer | network: lower learning rates where dsgc measures that quantization changes the direction of gradients",
  ),
  warmup: setting(count(0), 0, "number of warm-up steps, over which the learning rate grows linearly"),
  momentum: setting(
    unit,
    0.9,
    "momentum of SGD, or beta1 of Adam and AdamW; optimizer direct keeps no velocity and moves weights between levels at lr / (1 - momentum)",
  ),
  nesterov: setting(flag, false, "Nesterov momentum, for sgd only"),
  weightDecay: setting(notNegative, 1e-4, "weight decay (not of biases and normalization layers)"),
  maxGradientNorm: setting(
    notNegative,
    0,
    "largest norm of the gradients of all parameters together, as by PyTorch's clip_grad_norm_; 0: no bound",
  ),
  smoothing: setting(unit, 0, "label smoothing"),
  augment: setting(flag, true, "random crops and flips of photographs and image pairs"),
  limit: setting(count(1), 2 ** 31, "train on a subset of at most N images"),
  testLimit: setting(count(1), 2 ** 31, "test on a subset of at most N images"),
  seed: setting(count(0), 1, "random seed for initialization, shuffling and stochastic rounding"),
  engine: setting(oneOf("auto", ...engineNames), "auto", ["auto", ...engineNames].join(" | ")),
  threads: setting(
    threadCount,
    "auto",
    "threads of the simd engine; auto: the fastest number, measured at the start",
  ),
  sqnrEvery: setting(
    count(0),
    0,
    "measure signal-to-quantization-noise ratios (SQNR) every N steps; 0: never",
  ),
  histogramEvery: setting(count(0), 0, "record histograms at all sites every N steps; 0: never"),
  checkpointSeconds: setting(notNegative, 30, "seconds between checkpoints within an epoch"),
  patience: setting(
    positive,
    10,
    "timeout in seconds for each call of an estimator or another module of your own",
  ),
} as const;

type Table = typeof settingsTable;
export type SettingName = keyof Table;
/** Settings of a run with a built-in model, named as the options of the command line in camel case; `defaults` has their defaults. */
export type Settings = { readonly [K in SettingName]: Table[K] extends Setting<infer T> ? T : never };

export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** `learningRate` as cells and tables have it: `learning-rate`. */
export const optionName = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** `learningRate` as the command line writes it: `--learning-rate`. */
export const optionOf = (name: string): string => `--${optionName(name)}`;

export const defaults = Object.fromEntries(
  settingNames.map((name) => [name, settingsTable[name].fallback]),
) as unknown as Settings;

/** Largest number of rules in one setting, so that a huge array is refused instead of read. */
const mostRules = 10_000;

/**
 * The settings that an object from outside asks for; defaults for those that it leaves out.
 *
 * @returns `Left` with a problem for each unknown name and each wrong value
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
