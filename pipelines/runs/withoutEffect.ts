/** @file Settings without effect on a run. Accepting them would suggest an experiment that does not take place. */
import { type Mismatch, problem } from "../../core/errors.ts";
import { hasVariants, hasWidth } from "../../models/models.ts";
import { idleRules } from "../../quantizers/rules/idleFields.ts";
import type { ResolvedRules, ResolvedSite } from "../../quantizers/rules/resolveRules.ts";
import { dataCatalogue } from "../data/dataCatalogue.ts";
import {
  accumulatorIn,
  defaults,
  optionOf,
  type SettingName,
  type Settings,
  settingNames,
} from "../settings/settings.ts";
import { pathIn } from "../settings/userFiles.ts";
import type { ProductEvent } from "./events.ts";

/** Facts about a run whose network has been built. */
export interface BuiltNetwork {
  readonly quantization: ResolvedRules;
  readonly products: readonly ProductEvent[];
  /** Whether the network has learned quantizer parameters. */
  readonly learnsQuantizers: boolean;
}

/** The same for a built-in experiment. */
export interface BuiltRun extends BuiltNetwork {
  readonly settings: Settings;
}

/** A setting, a part of an experiment, or a rule in one, that has no effect. */
export interface WithoutEffect {
  readonly setting: string;
  readonly problem: Mismatch;
  /** Whether it only repeats what some sites have without it. One cell of a study may do so, as its baseline. */
  readonly holdsAnyway: boolean;
}

const isQuantized = ({ quantizer }: ResolvedSite): boolean => quantizer.bits !== 32;

const hasSite = ({ quantization }: BuiltRun, is: (site: ResolvedSite) => boolean): boolean =>
  quantization.sites().some((site) => isQuantized(site) && is(site));

/** Whether an estimator may report the deviation that quantization causes. Of the built-in ones only `dsgc` does. */
const maySayDeviation = ({ estimator }: ResolvedSite["quantizer"]): boolean =>
  /\bdsgc\b/.test(estimator.name) || pathIn(estimator.name) !== undefined;

const hasIntegers = ({ products, settings }: BuiltRun): boolean =>
  products.some(
    ({ product, integer }) =>
      integer.length > 0 && (product === "forward" || accumulatorIn(settings.accumulator)?.backward === true),
  );

/** Condition for a setting to have an effect; returns its text if the run does not meet it. */
type Need = (run: BuiltRun) => string | undefined;

const needs =
  (words: string, has: (run: BuiltRun) => boolean): Need =>
  (run) =>
    has(run) ? undefined : words;

const setting =
  (has: (settings: Settings) => boolean): ((run: BuiltRun) => boolean) =>
  ({ settings }) =>
    has(settings);

const hasBarrier = needs(
  "--barrier above 0",
  setting(({ barrier }) => barrier > 0),
);
const hasInit = needs(
  "--init FILE",
  setting(({ init }) => init !== ""),
);
const hasClasses = needs(
  "images with classes, such as --data mnist",
  setting(({ data }) => dataCatalogue[data].task === "classification"),
);
const isBlaqs = needs(
  "--optimizer blaq",
  setting(({ optimizer }) => optimizer === "blaq"),
);
const movesLevels = needs(
  "weights with levels to move between, as --weight-quantizer directQuantization gives",
  (run) =>
    run.settings.optimizer !== "direct" ||
    hasSite(run, ({ quantizer }) => quantizer.transform?.name === "directQuantization"),
);
const hasSites = needs("a site of fewer than 32 bits", (run) => hasSite(run, () => true));

/** Condition of every setting; undefined if it always has an effect, or is checked as rules. */
const needsOf: Readonly<Record<SettingName, Need | undefined>> = {
  recipe: undefined,
  model: undefined,
  init: undefined,
  initNames: hasInit,
  initExcept: hasInit,
  variant: needs(
    "a model that torchvision also has: resnet18, vgg16 or mobileNetV2",
    setting(({ model }) => hasVariants(model)),
  ),
  data: undefined,
  inputMean: hasClasses,
  inputStd: hasClasses,
  bits: undefined,
  weightGradientBits: undefined,
  firstBits: undefined,
  lastBits: undefined,
  weightRange: undefined,
  activationRange: undefined,
  gradientRange: undefined,
  weightGradientRange: undefined,
  weightQuantizer: undefined,
  activationQuantizer: undefined,
  gradientQuantizer: undefined,
  weightGradientQuantizer: undefined,
  perChannel: undefined,
  bitsAt: undefined,
  rangeAt: undefined,
  quantizerAt: undefined,
  barrier: undefined,
  epochs: undefined,
  batch: undefined,
  optimizer: movesLevels,
  lr: undefined,
  schedule: undefined,
  warmup: undefined,
  momentum: undefined,
  weightDecay: undefined,
  maxGradientNorm: undefined,
  limit: undefined,
  testLimit: undefined,
  seed: undefined,
  engine: undefined,
  threads: undefined,
  checkpointSeconds: undefined,
  patience: undefined,
  constraint: hasSites,
  constraintLayers: hasSites,
  width: needs(
    "a model that has a width: any but lenet5 and resnet20",
    setting(({ model }) => hasWidth(model)),
  ),
  dataDir: needs(
    "data in files, such as --data mnist",
    setting(({ data }) => !dataCatalogue[data].isEmbedded),
  ),
  accumulator: needs("layers whose products are sums of integers", hasIntegers),
  barrierOn: hasBarrier,
  barrierBound: hasBarrier,
  barrierSharpness: hasBarrier,
  barrierGrowth: needs(
    "--barrier above 0 and more than one epoch",
    setting(({ barrier, epochs }) => barrier > 0 && epochs > 1),
  ),
  constraintLr: needs(
    "--constraint or --constraint-layers above 0",
    setting(({ constraint, constraintLayers }) => constraint > 0 || constraintLayers > 0),
  ),
  trialEvery: isBlaqs,
  trialMix: isBlaqs,
  quantizerLr: needs("a quantizer that learns, such as lsq", ({ learnsQuantizers }) => learnsQuantizers),
  dclrs: needs("a gradient range that reports how far quantizing turns a tensor, such as dsgc", (run) =>
    hasSite(run, ({ quantizer }) => maySayDeviation(quantizer)),
  ),
  nesterov: needs(
    "--momentum above 0",
    setting(({ momentum }) => momentum > 0),
  ),
  smoothing: needs(
    "classification",
    setting(({ data }) => dataCatalogue[data].task === "classification"),
  ),
  augment: needs(
    "photographs or pairs, since letters, digits and signs stay as they are",
    setting(({ data }) => dataCatalogue[data].isAugmentable),
  ),
  sqnrEvery: hasSites,
  histogramEvery: hasSites,
};

/** Value of a setting that has no effect. */
const idle = (name: SettingName): unknown => (name === "augment" ? false : defaults[name]);

const ofSetting = (run: BuiltRun, name: SettingName, need: Need | undefined): readonly WithoutEffect[] => {
  const value = run.settings[name];
  const expected = String(value) === String(idle(name)) ? undefined : need?.(run);
  if (expected === undefined) return [];
  const found = `${value}, which has no effect in this run`;
  return [
    { setting: name, problem: problem(optionOf(name), found, expected, "leave it out"), holdsAnyway: false },
  ];
};

const ofRules = ({ quantization }: BuiltRun): readonly WithoutEffect[] =>
  idleRules(quantization).flatMap(({ reason, problem }) => {
    const setting = settingNames.find((name) => optionOf(name) === problem.where);
    return setting === undefined ? [] : [{ setting, problem, holdsAnyway: reason === "same" }];
  });

/** Everything without effect among the settings of a run, including what a recipe sets. */
export const withoutEffect = (run: BuiltRun): readonly WithoutEffect[] => [
  ...Object.entries(needsOf).flatMap(([name, need]) => ofSetting(run, name as SettingName, need)),
  ...ofRules(run),
];

/** Names of the settings that a user gives. */
export const namesIn = (wanted: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(wanted).filter((name) => wanted[name] !== undefined);

/** Problems for settings without effect that were given by name and not by a recipe. */
export const askedInVain = (found: readonly WithoutEffect[], names: readonly string[]): readonly Mismatch[] =>
  found.filter((one) => names.includes(one.setting)).map((one) => one.problem);
