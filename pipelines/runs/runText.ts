/** @file What a run is, in a few words: what it trains, and how that is quantized. */
import { basename } from "node:path";
import { firstFew } from "../../core/firstFew.ts";
import { counted } from "../../core/inWords.ts";
import { recovered } from "../files/recovered.ts";
import { builtInRecipe } from "../recipes/recipeNamed.ts";
import { recipeSettings } from "../recipes/recipeSettings.ts";
import { defaults, optionName, type SettingName, type Settings } from "../settings/settings.ts";
import { quantizationNames } from "../settings/shownSites.ts";
import type { Identity, Said } from "./identity.ts";
import { givenName, type KnownOutline, knownOutline, type SavedFacts } from "./knownOutline.ts";

const settingText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";

const names: readonly string[] = quantizationNames;

/** An experiment in code: by its name, or by its size if its author has given it none. */
const codeText = (known: KnownOutline): string => {
  const { layers } = known;
  const size = layers === undefined ? "experiment" : counted(layers, "layer");
  return givenName(known) ?? size;
};

/** Options and changes of an experiment from a file, without those that the text on quantization contains. */
const fileText = ({ settings }: Identity, { quantization }: KnownOutline): string => {
  const { experiment, seed: _, ...changes } = settings;
  const isSaid = (name: string): boolean => quantization !== undefined && names.includes(name);
  const options = Object.entries(changes)
    .filter(([name]) => !isSaid(name))
    .map(([name, value]) => `${name}=${settingText(value)}`);
  return [basename(settingText(experiment)), ...options].join(" ");
};

/** What was trained, in short: `lenet5 on glyphs`, `mine.ts width=4 on bars`, or the name or size of an experiment in code. */
export const experimentText = (saved: SavedFacts): string => {
  const { identity } = saved;
  const { from, settings } = identity;
  const known = knownOutline(saved);
  const on = known.data === undefined ? "" : ` on ${known.data}`;
  if (from === "settings") return `${settingText(settings.model)}${on}`;
  return `${from === "code" ? codeText(known) : fileText(identity, known)}${on}`;
};

/** Settings of quantization, and of training what is quantized. */
const ofQuantization = [
  ...(["bits", "firstBits", "lastBits", "weightGradientBits", "perChannel"] as const),
  ...(["weightRange", "activationRange", "gradientRange", "weightGradientRange"] as const),
  ...(["weightQuantizer", "activationQuantizer", "gradientQuantizer", "weightGradientQuantizer"] as const),
  ...(["bitsAt", "rangeAt", "quantizerAt", "accumulator"] as const),
  ...(["optimizer", "trialEvery", "dclrs", "barrier", "constraint"] as const),
];

/** Settings that differ from the usual ones: `bits=6/6/6 gradient-range=dsgc`. */
const differing = (
  settings: Identity["settings"],
  usual: Partial<Settings>,
  names: readonly SettingName[] = ofQuantization,
): readonly string[] =>
  names
    .filter((name) => settings[name] !== undefined && String(settings[name]) !== String(usual[name]))
    .map((name) => `${optionName(name)}=${settings[name]}`);

/** A recipe and the settings that differ from it; a user-defined recipe by its name alone. */
const recipeText = (recipe: string, settings: Identity["settings"]): string => {
  const usual = recovered(
    () => ({ ...defaults, ...recipeSettings(builtInRecipe(recipe)) }),
    () => undefined,
  );
  return [recipe, ...(usual ? differing(settings, usual) : [])].join(" ");
};

/** Settings that the text always contains. */
const said: readonly SettingName[] = ["bits", "weightRange", "activationRange", "gradientRange"];

/** Bits, estimators of weights, activations and gradients, and all unusual settings. */
const flatText = (settings: Said): string => {
  const { bits, weightRange, activationRange, gradientRange } = settings;
  const others = differing(
    settings,
    defaults,
    ofQuantization.filter((name) => !said.includes(name)),
  );
  const isFloat = bits === "32/32/32";
  const ranges = [weightRange, activationRange, gradientRange].map((range) => settingText(range) || "-");
  if (isFloat && !others.some((text) => /bits/.test(text))) return ["float32", ...others].join(" ");
  return [settingText(bits), ranges.join("/"), ...others].join(" ");
};

/** Longest list of sites that is printed. */
const mostSites = 3;

/** The summary of all sites as settings, with the first few sites where many are unusual. */
const summaryText = ({ quantization, optimizer = "" }: KnownOutline): string => {
  if (quantization === undefined) return "";
  const shown = Object.entries(quantization).map(([name, value]) => [
    name,
    Array.isArray(value) ? firstFew(value, mostSites) : value,
  ]);
  const [name = ""] = optimizer.split(":");
  return flatText({ ...Object.fromEntries(shown), ...(name !== "" && { optimizer: name }) });
};

/**
 * Quantization of a run, in short: its recipe, or bits and estimators of weights, activations and gradients, followed by all unusual
 * settings. Empty if it is not known, as of runs of earlier versions that no settings describe.
 */
export const quantizationText = (saved: SavedFacts): string => {
  const { from, settings } = saved.identity;
  if (from !== "settings") return summaryText(knownOutline(saved));
  return settings.recipe === "none" ? flatText(settings) : recipeText(settingText(settings.recipe), settings);
};
