/** @file How the sites of a run are quantized, from its settings: by role, and by patterns of paths. */
import { resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { wholeIn } from "../../core/numberText.ts";
import type { Role } from "../../core/signal.ts";
import type { Scope } from "../../operators/module/module.ts";
import type { NamedQuantizer } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import {
  isQuantizers,
  isWidth,
  type NamedEstimator,
  type Quantizer,
  quantizerFor,
  rangesOf,
} from "../../quantizers/quantizer.ts";
import { estimatorNamed } from "./estimatorNamed.ts";
import { matches } from "./glob.ts";
import { quantizerNamed } from "./quantizerNamed.ts";
import { defaults, optionOf, type Settings } from "./settings.ts";
import type { Locate } from "./userModule.ts";

/** What settings tell apart: the roles, and the copy of a gradient that weights get. */
type Part = Role | "weightGradient";

/** Estimators given as values, in code, instead of by name. */
export type GivenEstimators = Partial<Readonly<Record<Part, NamedEstimator>>>;

/** Paths of the first and the last convolution (or dense layer) of a network. */
export interface Ends {
  readonly first: string;
  readonly last: string;
}

export type QuantizerOf = Scope["quantizer"];

/** The quantizers of all sites. */
export type Quantization = Pick<Scope, "quantizer" | "weightGradient">;

type Checked<T> = E.Either<Problem, T>;

interface Rule<T> {
  readonly pattern: string;
  readonly value: T;
}

/** Rules such as `conv1/*=..`, each with what its right side means. */
const rulesOf = <T>(
  option: string,
  expected: string,
  rules: readonly string[],
  meant: (text: string, rule: string) => Checked<T> | Promise<Checked<T>>,
): Promise<readonly Checked<Rule<T>>[]> =>
  Promise.all(
    rules.map(async (rule): Promise<Checked<Rule<T>>> => {
      const at = rule.indexOf("=");
      if (at <= 0) return E.left(problem(option, `"${rule}"`, expected));
      const pattern = rule.slice(0, at);
      return E.map((value: T) => ({ pattern, value }))(await meant(rule.slice(at + 1), rule));
    }),
  );

const widthIn = (text: string, rule: string): Checked<number> =>
  isWidth(wholeIn(text))
    ? E.right(wholeIn(text))
    : E.left(problem("--bits-at", `"${rule}"`, "2 to 8 bits, or 32 for float32"));

/** The last rule whose pattern matches. */
const ruled = <T>(rules: readonly Checked<Rule<T>>[], site: string): T | undefined =>
  rules
    .filter(E.isRight)
    .map(({ right }) => right)
    .findLast(({ pattern }) => matches(pattern, site))?.value;

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

type Bits = Readonly<Record<Part, number>>;

const bitsIn = (triple: string, forWeights: number | "same" = "same"): Bits => {
  const [weight, activation, gradient] = triple.split("/").map(Number) as [number, number, number];
  return { weight, activation, gradient, weightGradient: forWeights === "same" ? gradient : forWeights };
};

/** The bits of a site by its part, which are others at both ends of a network where the settings say so. */
const bitsOf = (
  { bits, weightGradientBits, firstBits, lastBits }: Settings,
  ends: () => Ends,
): ((site: string) => Bits) => {
  const usual = bitsIn(bits, weightGradientBits);
  if (firstBits === "same" && lastBits === "same") return () => usual;
  let found: Ends | undefined;
  const isOf = (path: string, site: string): boolean => site.startsWith(`${path}/`);
  return (site) => {
    found ??= ends();
    const { first, last } = found;
    if (lastBits !== "same" && isOf(last, site)) return bitsIn(lastBits);
    return firstBits !== "same" && isOf(first, site) ? bitsIn(firstBits) : usual;
  };
};

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
): Promise<Quantization> => {
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
    .filter((part): part is E.Left<Problem> => E.isLeft(part))
    .map(({ left }) => left)
    .concat(unaskedParts(settings, given, estimators, quantizers), splits ? [] : unsplitRules(settings));
  if (problems.length > 0) throw new RangeflowFailure(...problems);

  const bitsAtSite = bitsOf(settings, ends);
  const quantizerOf = (part: Part, site: string): Quantizer => {
    const role = roleOf(part);
    const bits = ruled(bitsAt, site) ?? bitsAtSite(site)[part];
    const named = ruled(rangeAt, site);
    const usual = quantizerFor(role, bits, named ?? right(toldTo(estimators, part)));
    const granularity = settings.perChannel && role === "weight" ? "channel" : "tensor";
    const { name, choose } = ruled(quantizerAt, site) ?? right(toldTo(quantizers, part));
    const chosen = choose({ ...usual, granularity }, role);
    if (named && bits !== 32 && leavesOut(chosen, named))
      throw new RangeflowFailure(unasked(`--range-at, ${site}`, named.name, name, chosen));
    return chosen;
  };
  return {
    quantizer: (site, role) => quantizerOf(role, site),
    weightGradient: splits ? (site) => quantizerOf("weightGradient", site) : undefined,
  };
};
