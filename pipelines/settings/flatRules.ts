/** @file The quantization rules that flat settings stand for: the only path from the command line to the quantizers of a network. */
import { resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { RangeflowFailure } from "../../core/errors.ts";
import { defaultRange } from "../../quantizers/defaultRange.ts";
import type { NamedQuantizer } from "../../quantizers/quantizer.ts";
import { checkRules } from "../../quantizers/rules/checkRules.ts";
import { isForAll, type PlanRole, planRoles, type Rule, type SitePlan } from "../../quantizers/rules/rule.ts";
import { fieldsOf, type SiteFields } from "../../quantizers/rules/siteFields.ts";
import { type BitsByRole, bitsIn } from "./bitsTriple.ts";
import { estimatorNamed } from "./estimatorNamed.ts";
import { quantizerNamed } from "./quantizerNamed.ts";
import { bitsFields, ruleAt, type SaidField, saidBy, saidRule } from "./saidRule.ts";
import { defaults, optionOf, type SettingName, type Settings } from "./settings.ts";
import { shownSettings } from "./shownSettings.ts";
import { type Checked, siteRules, widthIn } from "./siteRules.ts";
import type { Locate } from "./userFiles.ts";

export interface FlatOptions {
  /** Rules of the recipe that the settings name. Default: none. */
  readonly recipe?: readonly Rule[];
  /**
   * Names of settings that were given, even with a value that holds anyway. Settings that differ from recipe and defaults count as given, too.
   * Default: none.
   */
  readonly said?: readonly string[];
  /** Finds the files that settings name. Default: relative to the working directory. */
  readonly locate?: Locate;
}

/** Settings, and which of them override the recipe and the defaults. */
interface Said {
  readonly settings: Settings;
  readonly isSaid: (name: SettingName) => boolean;
}

/** Uniform quantizer, the default of sites without a rule. */
const uniform: NamedQuantizer = { name: "uniform", choose: (base) => base };

/** The setting of each role, by the field of the plan that it sets. */
const settingOf = {
  range: (role: PlanRole) => `${role}Range` as const,
  quantizer: (role: PlanRole) => `${role}Quantizer` as const,
};

/** Ranges or quantizers of all roles, read from their names. */
const readNamed = async <F extends "range" | "quantizer">(
  { settings, isSaid }: Said,
  field: F,
  read: (where: string, text: string) => Promise<Checked<NonNullable<SitePlan[F]>>>,
): Promise<readonly Checked<SaidField>[]> => {
  const found = await Promise.all(
    planRoles.map(async (role): Promise<readonly Checked<SaidField>[]> => {
      const name = settingOf[field](role);
      const text = settings[name];
      if (!isSaid(name) || text === "same") return [];
      const asField = (one: NonNullable<SitePlan[F]>): SaidField => ({
        role,
        field,
        value: one,
        said: saidBy(name, text),
      });
      return [E.map(asField)(await read(optionOf(name), text))];
    }),
  );
  return found.flat();
};

/** Bits and granularity that settings give for all sites. */
const numbersSaid = ({ settings, isSaid }: Said): readonly SaidField[] => {
  const { bits, weightGradientBits, perChannel } = settings;
  const granularity = perChannel ? "channel" : "tensor";
  return [
    ...(isSaid("bits") ? bitsFields(bitsIn(bits) as BitsByRole, saidBy("bits", bits)) : []),
    ...(isSaid("weightGradientBits") && weightGradientBits !== "same"
      ? bitsFields({ weightGradient: weightGradientBits }, saidBy("weightGradientBits", weightGradientBits))
      : []),
    ...(isSaid("perChannel")
      ? [
          {
            role: "weight",
            field: "granularity",
            value: granularity,
            said: saidBy("perChannel", perChannel),
          } as const,
        ]
      : []),
  ];
};

const copySettings = ["weightGradientBits", "weightGradientRange", "weightGradientQuantizer"] as const;

/** The rules of a recipe, without second copies of gradients if settings ask for none. */
const wantedOf = (recipe: readonly Rule[], settings: Settings): readonly Rule[] =>
  copySettings.some((name) => settings[name] !== "same")
    ? recipe
    : recipe
        .map(({ weightGradient: _, ...rule }) => rule)
        .filter(({ weight, activation, gradient }) => weight ?? activation ?? gradient);

/** Merged fields of rules for all sites. */
const merged = (rules: readonly Rule[], role: PlanRole): SiteFields =>
  fieldsOf([...rules.filter(isForAll).entries()], role);

/**
 * Rules for the gradient copies that weight gradients are computed from, if the recipe has rules for these alone. They stay as in the recipe
 * even if settings change all gradients, unless settings ask for `same`.
 */
const copiesSaid = (
  { settings, isSaid }: Said,
  recipe: readonly Rule[],
  forAll: readonly Rule[],
  fields: readonly SaidField[],
): readonly SaidField[] => {
  const base = { bits: 8, range: defaultRange("gradient"), quantizer: uniform } as const;
  const names = { bits: copySettings[0], range: copySettings[1], quantizer: copySettings[2] } as const;
  const ofCopies = merged(recipe, "weightGradient");
  const gradient = merged(forAll, "gradient");
  return (["bits", "range", "quantizer"] as const).flatMap((field): readonly SaidField[] => {
    const ofCopy = ofCopies[field];
    const name = names[field];
    if (ofCopy?.place.role !== "weightGradient") return [];
    const of = { role: "weightGradient", field } as const;
    if (isSaid(name))
      return settings[name] === "same"
        ? [{ ...of, value: gradient[field]?.value ?? base[field], said: saidBy(name, "same") }]
        : [];
    const over = fields.find((one) => one.role === "gradient" && one.field === field);
    return over ? [{ ...of, value: ofCopy.value, said: over.said }] : [];
  });
};

/** Bits of the first or the last layer; `same` gives them the bits of all layers even if the recipe has others. */
const endSaid = (
  { settings, isSaid }: Said,
  name: "firstBits" | "lastBits",
  layer: "first" | "last",
  forAll: readonly Rule[],
): readonly Rule[] => {
  if (!isSaid(name)) return [];
  const text = settings[name];
  const hasCopies = forAll.some(({ weightGradient }) => weightGradient !== undefined);
  const asAll = planRoles
    .filter((role) => role !== "weightGradient" || hasCopies)
    .map((role) => [role, merged(forAll, role).bits?.value ?? 8] as const);
  const bits = text === "same" ? Object.fromEntries(asAll) : (bitsIn(text) as BitsByRole);
  return saidRule(bitsFields(bits, saidBy(name, text)), { layer });
};

const rightsOf = <T>(all: readonly Checked<T>[]): readonly T[] =>
  all.filter(E.isRight).map(({ right }) => right);

/**
 * The rules of settings: those of the recipe, overridden by settings. Rules for all sites come first, then those for the first and the last
 * layer, then those for patterns, and later rules override earlier ones; so `--bits` does not change the first layer of a recipe.
 *
 * @throws `RangeflowFailure` with every problem of estimators, quantizers and rules
 */
export const flatRules = async (
  settings: Settings,
  { recipe: rules = [], said: names = [], locate = resolve }: FlatOptions = {},
): Promise<readonly Rule[]> => {
  const before: Settings = { ...defaults, ...shownSettings(rules) };
  const said: Said = {
    settings,
    isSaid: (name) => names.includes(name) || settings[name] !== before[name],
  };
  const [ranges, quantizers, rangeAt, bitsAt, quantizerAt] = await Promise.all([
    readNamed(said, "range", (where, text) => estimatorNamed(where, text, locate)),
    readNamed(said, "quantizer", (where, text) => quantizerNamed(where, text, locate)),
    siteRules("--range-at", "GLOB=E, such as */gradient=currentMinMax", settings.rangeAt, (text) =>
      estimatorNamed("--range-at", text, locate),
    ),
    siteRules("--bits-at", "GLOB=BITS, such as conv1/*=32", settings.bitsAt, widthIn),
    siteRules("--quantizer-at", "GLOB=Q, such as dense/*=muLaw", settings.quantizerAt, (text) =>
      quantizerNamed("--quantizer-at", text, locate),
    ),
  ]);
  const recipe = wantedOf(rules, settings);
  const fields = [...numbersSaid(said), ...rightsOf(ranges), ...rightsOf(quantizers)];
  // If --quantizer-at is given, a range may be meant for those sites only, so it need not fit the quantizer of all sites.
  const isApart = ({ field }: SaidField): boolean => field === "quantizer" && settings.quantizerAt.length > 0;
  const forAll = [
    ...recipe.filter(isForAll),
    ...saidRule(fields.filter((one) => !isApart(one))),
    ...saidRule(fields.filter(isApart)),
  ];
  const all = [...forAll, ...saidRule(copiesSaid(said, recipe, forAll, fields))];
  const flat = [
    ...all,
    ...recipe.filter(({ at, layer }) => at === undefined && layer !== undefined),
    ...endSaid(said, "firstBits", "first", all),
    ...endSaid(said, "lastBits", "last", all),
    ...recipe.filter(({ at }) => at !== undefined),
    ...rightsOf(quantizerAt).flatMap((rule) => ruleAt("quantizerAt", "quantizer", rule)),
    ...rightsOf(bitsAt).flatMap((rule) => ruleAt("bitsAt", "bits", rule)),
    ...rightsOf(rangeAt).flatMap((rule) => ruleAt("rangeAt", "range", rule)),
  ];
  const wrong = [...ranges, ...quantizers, ...rangeAt, ...bitsAt, ...quantizerAt].filter(E.isLeft);
  const problems = [...wrong.flatMap(({ left }) => left), ...checkRules(flat)];
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  return flat;
};
