/** @file The settings of a run as command-line options. */
import { catalogue, combinators } from "../../quantizers/catalogue/estimatorCatalogue.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import { recipeCatalogue } from "../recipes/recipeCatalogue.ts";
import {
  optionName,
  type SettingName,
  type Settings,
  settingNames,
  settingsTable,
} from "../settings/settings.ts";
import type { Arguments, Completable, Option } from "./args.ts";

const kindOf = (name: SettingName): Option["kind"] => {
  const { fallback } = settingsTable[name];
  return typeof fallback === "boolean" ? "flag" : Array.isArray(fallback) ? "many" : "text";
};

/** Placeholders for the values of some settings in the help. Default: N for numbers, else NAME. */
const valueNames: Partial<Readonly<Record<SettingName, string>>> = {
  dataDir: "DIR",
  init: "FILE",
  initNames: "NAMES|FILE",
  inputMean: "X,..",
  inputStd: "X,..",
  bits: "W/A/G",
  weightRange: "E",
  activationRange: "E",
  gradientRange: "E",
  weightGradientBits: "N",
  weightGradientRange: "E",
  weightGradientQuantizer: "Q",
  firstBits: "W/A/G",
  lastBits: "W/A/G",
  weightQuantizer: "Q",
  activationQuantizer: "Q",
  gradientQuantizer: "Q",
  bitsAt: "GLOB=BITS",
  rangeAt: "GLOB=E",
  quantizerAt: "GLOB=Q",
  threads: "N|auto",
};

/** Headings in the help, and the settings below each. */
const groups: Readonly<Record<string, readonly SettingName[]>> = {
  "Model and data": [
    ...(["recipe", "model", "width", "variant", "init", "initNames", "initExcept"] as const),
    ...(["data", "dataDir", "augment", "limit", "testLimit", "inputMean", "inputStd"] as const),
  ],
  "Bits, ranges and quantizers": [
    ...(["bits", "firstBits", "lastBits", "bitsAt"] as const),
    ...(["weightRange", "activationRange", "gradientRange", "rangeAt", "perChannel"] as const),
    ...([
      "weightQuantizer",
      "activationQuantizer",
      "gradientQuantizer",
      "quantizerAt",
      "quantizerLr",
    ] as const),
    ...(["weightGradientBits", "weightGradientRange", "weightGradientQuantizer", "accumulator"] as const),
  ],
  "Optimizer and schedule": [
    ...(["epochs", "batch", "optimizer", "lr", "schedule", "warmup", "momentum", "nesterov"] as const),
    ...(["weightDecay", "maxGradientNorm", "smoothing", "dclrs", "trialEvery", "trialMix", "seed"] as const),
  ],
  "Barriers and constraints": [
    ...(["barrier", "barrierOn", "barrierBound", "barrierSharpness", "barrierGrowth"] as const),
    ...(["constraint", "constraintLayers", "constraintLr"] as const),
  ],
  "Machine and measurements": [
    ...(["engine", "threads", "sqnrEvery", "histogramEvery", "checkpointSeconds", "patience"] as const),
  ],
};

export const estimatorNames = [...new Set([...catalogue, ...combinators].map(({ name }) => name))];
export const quantizerNames = quantizerCatalogue.map(({ name }) => name);

/** Completions for settings whose values are names of methods, or paths. */
const completed: Partial<Readonly<Record<SettingName, Completable>>> = {
  recipe: { values: ["none", ...recipeCatalogue.map(({ name }) => name)], path: "file" },
  dataDir: { path: "directory" },
  init: { path: "file" },
  initNames: { values: ["auto", "rangeflow", "torchvision"], path: "file" },
  threads: { values: ["auto"] },
  ...Object.fromEntries(
    settingNames
      .filter((name) => /(Range|Quantizer)$/.test(name))
      .map((name) => [
        name,
        { values: name.endsWith("Range") ? estimatorNames : quantizerNames, path: "file" },
      ]),
  ),
};

const completableOf = (name: SettingName): Completable => {
  const { names } = settingsTable[name];
  return names === undefined ? (completed[name] ?? {}) : { values: names };
};

const groupOf = (name: SettingName): string =>
  Object.keys(groups).find((group) => groups[group]?.includes(name)) ?? "Other settings";

const settingOption = (name: SettingName, shownDefault?: string): Option => {
  const { fallback, help, codec } = settingsTable[name];
  const shown = shownDefault ?? String(fallback);
  const isTelling = shown !== "" && fallback !== 2 ** 31;
  return {
    name: optionName(name),
    kind: kindOf(name),
    help: isTelling ? `${help} [${shown}]` : help,
    group: groupOf(name),
    ...completableOf(name),
    value: valueNames[name] ?? (/number|integer/.test(codec.name) ? "N" : "NAME"),
  };
};

const headings = Object.keys(groups);

/**
 * The options for some settings, each with help and default, in the order of their headings.
 *
 * @param shownDefaults defaults that the help shows instead of the usual ones
 */
export const settingOptions = (
  names: readonly SettingName[],
  shownDefaults: Partial<Readonly<Record<SettingName, string>>> = {},
): readonly Option[] =>
  names
    .map((name) => settingOption(name, shownDefaults[name]))
    .sort((a, b) => headings.indexOf(a.group ?? "") - headings.indexOf(b.group ?? ""));

/** The settings that arguments give, as undecoded texts, flags and lists. */
export const givenSettings = (
  names: readonly SettingName[],
  { texts, flags, lists }: Pick<Arguments, "texts" | "flags" | "lists">,
): Partial<Settings> => {
  const given: Readonly<Record<string, unknown>> = { ...texts, ...flags, ...lists };
  return Object.fromEntries(
    names.map((name) => [name, given[optionName(name)]] as const).filter(([, value]) => value !== undefined),
  );
};
