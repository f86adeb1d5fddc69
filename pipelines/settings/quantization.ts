/** @file How the sites of a run are quantized, from its settings: by role, and by patterns of paths. */
import { resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import type { Role } from "../../core/signal.ts";
import type { Scope } from "../../operators/module/module.ts";
import {
  isQuantizers,
  type NamedEstimator,
  type NamedQuantizer,
  type Quantizer,
  quantizerFor,
  rangesOf,
} from "../../quantizers/quantizer.ts";
import { estimatorNamed } from "./estimatorNamed.ts";
import { quantizerNamed } from "./quantizerNamed.ts";
import { defaults, optionOf, type SettingName, type Settings } from "./settings.ts";
import { bitsOf, type Ends, type Part } from "./siteBits.ts";
import { type Checked, type Rule, ruled, rulesOf, widthIn } from "./siteRules.ts";
import type { Locate } from "./userFiles.ts";

/** Estimators given as values, in code, instead of by name. */
export type GivenEstimators = Partial<Readonly<Record<Part, NamedEstimator>>>;

export type QuantizerOf = Scope["quantizer"];

/** The quantizers of all sites. */
export type Quantization = Pick<Scope, "quantizer" | "weightGradient">;

/** What has decided something at a site: a setting, or one of its rules. */
export interface Decider {
  readonly setting: SettingName;
  readonly rule?: string;
}

/** A site that was built, with the quantizer that it has. */
export interface DecidedSite {
  readonly site: string;
  readonly quantizer: Quantizer;
  /** What its bits, range and quantizer come from, as far as they matter there. */
  readonly deciders: readonly Decider[];
}

/** The quantizers of all sites, and the sites that have asked for theirs so far. */
export interface Decided extends Quantization {
  readonly sites: () => readonly DecidedSite[];
}

const roles: readonly Role[] = ["weight", "activation", "gradient"];
const parts: readonly Part[] = [...roles, "weightGradient"];

const roleOf = (part: Part): Role => (part === "weightGradient" ? "gradient" : part);

/** Of each part that is told something of its own; the copy for weights is told what all gradients are where it says the same. */
type Told<T> = Partial<Readonly<Record<Part, Checked<T>>>>;

const byPart = async <T>(read: (part: Part) => Promise<Checked<T>> | undefined): Promise<Told<T>> =>
  Object.fromEntries(
    (await Promise.all(parts.map(async (part) => [part, await read(part)] as const))).filter(
      ([, told]) => told,
    ),
  );

const toldTo = <T>(told: Told<T>, part: Part): Checked<T> => (told[part] ?? told.gradient) as Checked<T>;

/** Whether a setting of a part says nothing of its own. */
const isSame = (part: Part, text: string): boolean => part === "weightGradient" && text === "same";

/** Whether weights get a copy of the gradient that is quantized apart. */
const isSplit = (settings: Settings, given: GivenEstimators): boolean =>
  given.weightGradient !== undefined ||
  settings.weightGradientBits !== "same" ||
  settings.weightGradientRange !== "same" ||
  settings.weightGradientQuantizer !== "same";

const right = <T>(one: Checked<T>): T => (one as E.Right<T>).right;

/** Whether a quantizer does not ask the estimator that it was given. */
const leavesOut = (quantizer: Quantizer, estimator: NamedEstimator): boolean =>
  isQuantizers(rangesOf(quantizer)) || quantizer.estimator !== estimator;

/** An estimator was asked for where nobody would ask it. */
const unasked = (where: string, estimator: string, name: string, { projection }: Quantizer): Problem =>
  problem(
    where,
    `the estimator ${estimator} beside the quantizer ${name}`,
    projection?.follows === "tensor"
      ? "currentMinMax or none, because the levels of that quantizer follow the tensor itself"
      : "no estimator, because that quantizer brings ranges of its own",
    "leave one of both out",
  );

/** Parts that are told an estimator and a quantizer which does not want one, at all of their sites. */
const unaskedParts = (
  settings: Settings,
  given: GivenEstimators,
  estimators: Told<NamedEstimator>,
  quantizers: Told<NamedQuantizer>,
): readonly Problem[] =>
  parts.flatMap((part) => {
    const [quantizer, estimator] = [toldTo(quantizers, part), toldTo(estimators, part)];
    const isAsked = given[part] !== undefined || settings[`${part}Range`] !== defaults[`${part}Range`];
    if (E.isLeft(quantizer) || E.isLeft(estimator) || !isAsked || settings.quantizerAt.length > 0) return [];
    const asked = estimator.right;
    const { name, choose } = quantizer.right;
    const role = roleOf(part);
    const chosen = choose(quantizerFor(role, 8, asked), role);
    return leavesOut(chosen, asked) ? [unasked(optionOf(`${part}Range`), asked.name, name, chosen)] : [];
  });

const decider = (rule: Rule<unknown> | undefined, rules: SettingName, setting: SettingName): Decider =>
  rule === undefined ? { setting } : { setting: rules, rule: rule.text };

/** Rules for sites of second copies of gradients, where there are none. */
const unsplitRules = (settings: Settings): readonly Problem[] =>
  (["bitsAt", "rangeAt", "quantizerAt"] as const).flatMap((name) =>
    settings[name]
      .filter((rule) => rule.slice(0, rule.indexOf("=")).endsWith("weightGradient"))
      .map((rule) =>
        problem(
          optionOf(name),
          `"${rule}" where all gradients have one copy`,
          "a second copy, for weights, beside it",
          "--weight-gradient-bits makes it",
        ),
      ),
  );

/**
 * The quantizer of every site. It throws where a site is told an estimator and a quantizer which does not want one.
 *
 * @param locate where files lie that settings name; relative to the working directory unless told
 * @param ends asked for by the first site, where settings give the first or the last layer bits of its own
 * @throws `RangeflowFailure` of everything that is wrong with estimators, quantizers and rules, at once
 */
export const quantization = async (
  settings: Settings,
  given: GivenEstimators = {},
  ends: () => Ends = () => ({ first: "", last: "" }),
  locate: Locate = resolve,
): Promise<Decided> => {
  const [estimators, quantizers, bitsAt, rangeAt, quantizerAt] = await Promise.all([
    byPart((part): Promise<Checked<NamedEstimator>> | undefined => {
      const name = settings[`${part}Range`];
      if (given[part]) return Promise.resolve(E.right(given[part]));
      return isSame(part, name) ? undefined : estimatorNamed(optionOf(`${part}Range`), name, locate);
    }),
    byPart((part): Promise<Checked<NamedQuantizer>> | undefined => {
      const name = settings[`${part}Quantizer`];
      return isSame(part, name) ? undefined : quantizerNamed(optionOf(`${part}Quantizer`), name, locate);
    }),
    rulesOf("--bits-at", "GLOB=BITS, such as conv1/*=32", settings.bitsAt, widthIn),
    rulesOf("--range-at", "GLOB=E, such as */gradient=currentMinMax", settings.rangeAt, (text) =>
      estimatorNamed("--range-at", text, locate),
    ),
    rulesOf("--quantizer-at", "GLOB=Q, such as dense/*=muLaw", settings.quantizerAt, (text) =>
      quantizerNamed("--quantizer-at", text, locate),
    ),
  ]);
  const splits = isSplit(settings, given);
  const problems = [
    ...Object.values(estimators),
    ...Object.values(quantizers),
    ...rangeAt,
    ...bitsAt,
    ...quantizerAt,
  ]
    .filter((part): part is E.Left<readonly Problem[]> => E.isLeft(part))
    .flatMap(({ left }) => left)
    .concat(unaskedParts(settings, given, estimators, quantizers), splits ? [] : unsplitRules(settings));
  if (problems.length > 0) throw new RangeflowFailure(...problems);

  const sites = new Map<string, DecidedSite>();
  const bitsAtSite = bitsOf(settings, ends);

  /** The setting that tells a part something of its own, or that of all gradients. */
  const teller = (told: Told<unknown>, part: Part, what: "Range" | "Quantizer"): SettingName =>
    `${told[part] ? part : "gradient"}${what}`;

  const quantizerOf = (part: Part, site: string): Quantizer => {
    const role = roleOf(part);
    const [bitsRule, rangeRule, rule] = [ruled(bitsAt, site), ruled(rangeAt, site), ruled(quantizerAt, site)];
    const told = bitsAtSite(site, part);
    const bits = bitsRule?.value ?? told.bits;
    const asked = rangeRule?.value ?? right(toldTo(estimators, part));
    const granularity = settings.perChannel && role === "weight" ? "channel" : "tensor";
    const { name, choose } = rule?.value ?? right(toldTo(quantizers, part));
    const chosen = choose({ ...quantizerFor(role, bits, asked), granularity }, role);
    if (rangeRule && bits !== 32 && leavesOut(chosen, asked))
      throw new RangeflowFailure(unasked(`--range-at, ${site}`, asked.name, name, chosen));
    const isAsked = bits !== 32 && !leavesOut(chosen, asked);
    const isQuantized = bits !== 32 || chosen.transform !== undefined;
    sites.set(site, {
      site,
      quantizer: chosen,
      deciders: [
        decider(bitsRule, "bitsAt", told.setting),
        ...(isAsked ? [decider(rangeRule, "rangeAt", teller(estimators, part, "Range"))] : []),
        ...(isQuantized ? [decider(rule, "quantizerAt", teller(quantizers, part, "Quantizer"))] : []),
      ],
    });
    return chosen;
  };
  return {
    quantizer: (site, role) => quantizerOf(role, site),
    weightGradient: splits ? (site) => quantizerOf("weightGradient", site) : undefined,
    sites: () => [...sites.values()],
  };
};
