/** @file Settings that change nothing in a run as it is: who gives one would believe in an experiment that is none. */
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

/** Facts of a run when its network has been built. */
export interface BuiltNetwork {
  readonly quantization: ResolvedRules;
  readonly products: readonly ProductEvent[];
  /** Whether the network has parameters of quantizers. */
  readonly learnsQuantizers: boolean;
}

/** The same of a built-in experiment. */
export interface BuiltRun extends BuiltNetwork {
  readonly settings: Settings;
}

/** A setting, a part of an experiment, or one of their rules, that changes nothing. */
export interface WithoutEffect {
  readonly setting: string;
  readonly problem: Mismatch;
  /** Whether it says of some sites what they would have without it: which one cell of a study may, as its baseline. */
  readonly holdsAnyway: boolean;
}

const isQuantized = ({ quantizer }: ResolvedSite): boolean => quantizer.bits !== 32;

const hasSite = ({ quantization }: BuiltRun, is: (site: ResolvedSite) => boolean): boolean =>
  quantization.sites().some((site) => isQuantized(site) && is(site));

/** Whether an estimator may tell how far quantizing turns its tensor: of the built-in ones only `dsgc` does. */
const maySayDeviation = ({ estimator }: ResolvedSite["quantizer"]): boolean =>
  /\bdsgc\b/.test(estimator.name) || pathIn(estimator.name) !== undefined;

const hasIntegers = ({ products, settings }: BuiltRun): boolean =>
  products.some(
    ({ product, integer }) =>
      integer.length > 0 && (product === "forward" || accumulatorIn(settings.accumulator)?.backward === true),
  );

/** Condition under which a setting has an effect: the words for it, where the run does not have it. */
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

/** Needs of every setting; undefined where it always changes something, or where what it says is looked at as rules. */
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

/** Everything in the settings of a run that changes nothing, whoever has said it. */
export const withoutEffect = (run: BuiltRun): readonly WithoutEffect[] => [
  ...Object.entries(needsOf).flatMap(([name, need]) => ofSetting(run, name as SettingName, need)),
  ...ofRules(run),
];

/** The settings that somebody names. */
export const namesIn = (wanted: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(wanted).filter((name) => wanted[name] !== undefined);

/** Problems of settings that change nothing and were asked for by name, not by a recipe. */
export const askedInVain = (found: readonly WithoutEffect[], names: readonly string[]): readonly Mismatch[] =>
  found.filter((one) => names.includes(one.setting)).map((one) => one.problem);
