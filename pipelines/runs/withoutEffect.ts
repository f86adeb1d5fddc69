/** @file Settings that change nothing in a run as it is: who gives one would believe in an experiment that is none. */
import { type Problem, problem } from "../../core/errors.ts";
import { hasWidth } from "../../models/index.ts";
import { nearestSites } from "../../quantizers/rules/nearestSites.ts";
import { matches } from "../../quantizers/rules/sitePattern.ts";
import { isEmbedded } from "../data/dataNamed.ts";
import type { DecidedSite } from "../settings/quantization.ts";
import { defaults, optionOf, type SettingName, type Settings } from "../settings/settings.ts";
import { pathIn } from "../settings/userFiles.ts";
import type { ProductEvent } from "./events.ts";
import type { GivenNames } from "./identity.ts";
import { isPhotograph, isUpscaling } from "./task.ts";

/** What is known of a run when its network has been built. */
export interface BuiltRun {
  readonly settings: Settings;
  readonly given: GivenNames;
  readonly sites: readonly DecidedSite[];
  readonly products: readonly ProductEvent[];
  /** Whether the network has parameters of quantizers. */
  readonly learnsQuantizers: boolean;
}

/** A setting, or one of its rules, that changes nothing. */
export interface WithoutEffect {
  readonly setting: SettingName;
  readonly problem: Problem;
}

const isQuantized = ({ quantizer }: DecidedSite): boolean => quantizer.bits !== 32;

const decides = ({ sites }: BuiltRun, setting: SettingName): boolean =>
  sites.some(({ deciders }) => deciders.some((decider) => decider.setting === setting));

/** Whether an estimator may tell how far quantizing turns its tensor: of the built-in ones only `dsgc` does. */
const maySayDeviation = ({ given }: BuiltRun, { estimator }: DecidedSite["quantizer"]): boolean =>
  /\bdsgc\b/.test(estimator.name) ||
  pathIn(estimator.name) !== undefined ||
  Object.values(given).includes(estimator.name);

const hasIntegers = ({ products, settings }: BuiltRun): boolean =>
  products.some(
    ({ product, integer }) =>
      integer.length > 0 && (product === "forward" || settings.accumulator.endsWith(":all")),
  );

/** What a setting needs to change anything: the words for it, where the run does not have it. */
type Need = (run: BuiltRun) => string | undefined;

const needs =
  (words: string, has: (run: BuiltRun) => boolean): Need =>
  (run) =>
    has(run) ? undefined : words;

const setting =
  (has: (settings: Settings) => boolean): ((run: BuiltRun) => boolean) =>
  ({ settings }) =>
    has(settings);

const decided = (name: SettingName, words: string): Need => needs(words, (run) => decides(run, name));

const itsBits = "a site that has its bits from there, and not from a rule or another setting";
const itsRange = "a site of fewer than 32 bits that asks this estimator";
const itsQuantizer = "a site of fewer than 32 bits with this quantizer";
const hasBarrier = needs(
  "--barrier above 0",
  setting(({ barrier }) => barrier > 0),
);
const isBlaqs = needs(
  "--optimizer blaq",
  setting(({ optimizer }) => optimizer === "blaq"),
);
const hasSites = needs("a site of fewer than 32 bits", ({ sites }) => sites.some(isQuantized));

/** Of every setting; undefined where it always changes something, or where its rules are looked at one by one. */
const needsOf: Readonly<Record<SettingName, Need | undefined>> = {
  preset: undefined,
  model: undefined,
  data: undefined,
  bitsAt: undefined,
  rangeAt: undefined,
  quantizerAt: undefined,
  barrier: undefined,
  epochs: undefined,
  batch: undefined,
  optimizer: undefined,
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
    "data that lie in files, such as --data mnist",
    setting(({ data }) => !isEmbedded(data)),
  ),
  bits: decided("bits", itsBits),
  weightGradientBits: decided("weightGradientBits", itsBits),
  firstBits: decided("firstBits", itsBits),
  lastBits: decided("lastBits", itsBits),
  weightRange: decided("weightRange", itsRange),
  activationRange: decided("activationRange", itsRange),
  gradientRange: decided("gradientRange", itsRange),
  weightGradientRange: decided("weightGradientRange", itsRange),
  weightQuantizer: decided("weightQuantizer", itsQuantizer),
  activationQuantizer: decided("activationQuantizer", itsQuantizer),
  gradientQuantizer: decided("gradientQuantizer", itsQuantizer),
  weightGradientQuantizer: decided("weightGradientQuantizer", itsQuantizer),
  perChannel: needs("weights of fewer than 32 bits", ({ sites }) =>
    sites.some((site) => isQuantized(site) && site.quantizer.granularity === "channel"),
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
  dclrs: needs("gradient ranges that say how far quantizing turns a tensor, as dsgc's do", (run) =>
    run.sites.some((site) => isQuantized(site) && maySayDeviation(run, site.quantizer)),
  ),
  nesterov: needs(
    "--momentum above 0",
    setting(({ momentum }) => momentum > 0),
  ),
  smoothing: needs(
    "classification",
    setting(({ data }) => !isUpscaling(data)),
  ),
  augment: needs(
    "photographs or pairs, since letters and digits stay as they are",
    setting(({ data }) => isPhotograph(data) || isUpscaling(data)),
  ),
  sqnrEvery: hasSites,
  histogramEvery: hasSites,
};

/** What a setting amounts to where it changes nothing. */
const idle = (name: SettingName): unknown => (name === "augment" ? false : defaults[name]);

const ofSetting = (run: BuiltRun, name: SettingName, need: Need | undefined): readonly WithoutEffect[] => {
  const value = run.settings[name];
  const expected = value === idle(name) ? undefined : need?.(run);
  if (expected === undefined) return [];
  const found = `${value}, which changes nothing in this run`;
  return [{ setting: name, problem: problem(optionOf(name), found, expected, "leave it out") }];
};

const ofRule = ({ sites }: BuiltRun, name: SettingName, rule: string): readonly WithoutEffect[] => {
  const pattern = rule.slice(0, rule.indexOf("="));
  if (sites.some(({ deciders }) => deciders.some((decider) => decider.rule === rule))) return [];
  const paths = sites.map(({ site }) => site);
  const said = paths.some((path) => matches(pattern, path))
    ? problem(
        optionOf(name),
        `"${rule}", which changes nothing in this run`,
        "a site of fewer than 32 bits that it matches and no later rule does",
        "leave it out",
      )
    : problem(
        optionOf(name),
        `"${rule}", which matches no site`,
        "a pattern of sites",
        `the nearest are ${nearestSites(pattern, paths).join(", ")}`,
      );
  return [{ setting: name, problem: said }];
};

/** Everything in the settings of a run that changes nothing, whoever has said it. */
export const withoutEffect = (run: BuiltRun): readonly WithoutEffect[] => [
  ...Object.entries(needsOf).flatMap(([name, need]) => ofSetting(run, name as SettingName, need)),
  ...(["bitsAt", "rangeAt", "quantizerAt"] as const).flatMap((name) =>
    run.settings[name].flatMap((rule) => ofRule(run, name, rule)),
  ),
];

/** The settings that somebody names, with those whose estimators he gives as values. */
export const namesIn = (
  wanted: Readonly<Record<string, unknown>>,
  given: GivenNames = {},
): readonly string[] => [
  ...Object.keys(wanted).filter((name) => wanted[name] !== undefined),
  ...Object.keys(given).map((part) => `${part}Range`),
];

/** Of what changes nothing that which was asked for by name, and not by a preset. */
export const askedInVain = (found: readonly WithoutEffect[], names: readonly string[]): readonly Problem[] =>
  found.filter((one) => names.includes(one.setting)).map((one) => one.problem);
