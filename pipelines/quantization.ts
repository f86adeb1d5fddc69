/** @file How the sites of a run are quantized, from its settings: by role, and by patterns of paths. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, RangeflowFailure } from "../core/errors.ts";
import type { Role } from "../core/signal.ts";
import { currentMinMax } from "../quantizers/currentMinMax.ts";
import {
  isQuantizers,
  isWidth,
  type NamedEstimator,
  type Quantizer,
  quantizerFor,
  rangesOf,
} from "../quantizers/quantizer.ts";
import type { NamedQuantizer } from "../quantizers/quantizerCatalogue.ts";
import { estimatorNamed } from "./estimatorNamed.ts";
import { matches } from "./glob.ts";
import { quantizerNamed } from "./quantizerNamed.ts";
import { defaults, type Settings } from "./settings.ts";

/** Estimators given as values, in code, instead of by name. */
export type GivenEstimators = Partial<Readonly<Record<Role, NamedEstimator>>>;

/** Paths of the first and the last convolution (or dense layer) of a network. */
export interface Ends {
  readonly first: string;
  readonly last: string;
}

export type QuantizerOf = (site: string, role: Role) => Quantizer;

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
  isWidth(Number(text))
    ? E.right(Number(text))
    : E.left(problem("--bits-at", `"${rule}"`, "2 to 8 bits, or 32 for float32"));

/** The last rule whose pattern matches. */
const ruled = <T>(rules: readonly Checked<Rule<T>>[], site: string): T | undefined =>
  rules
    .filter(E.isRight)
    .map(({ right }) => right)
    .findLast(({ pattern }) => matches(pattern, site))?.value;

const roles: readonly Role[] = ["weight", "activation", "gradient"];

/** What each role is told. */
const byRole = async <T>(
  read: (role: Role) => Promise<Checked<T>>,
): Promise<Readonly<Record<Role, Checked<T>>>> =>
  Object.fromEntries(
    await Promise.all(roles.map(async (role) => [role, await read(role)] as const)),
  ) as Readonly<Record<Role, Checked<T>>>;

const right = <T>(one: Checked<T>): T => (one as E.Right<T>).right;

type Bits = Readonly<Record<Role, number>>;

const bitsIn = (triple: string): Bits => {
  const [weight, activation, gradient] = triple.split("/").map(Number) as [number, number, number];
  return { weight, activation, gradient };
};

/** The bits of a site by its role, which are others at both ends of a network where the settings say so. */
const bitsOf = ({ bits, firstBits, lastBits }: Settings, ends: () => Ends): ((site: string) => Bits) => {
  const usual = bitsIn(bits);
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

/** Whether a quantizer leaves alone the estimator that it was given. */
const bringsRanges = (quantizer: Quantizer, { estimator }: NamedEstimator): boolean =>
  isQuantizers(rangesOf(quantizer)) || quantizer.estimator.estimator !== estimator;

/** An estimator was asked for where nobody would ask it. */
const unasked = (where: string, estimator: string, quantizer: string): Problem =>
  problem(
    where,
    `the estimator ${estimator} beside the quantizer ${quantizer}`,
    "no estimator, because that quantizer brings ranges of its own",
    "leave one of both out",
  );

/** Roles that are told an estimator and a quantizer which does not want one, at all of their sites. */
const unaskedRoles = (
  settings: Settings,
  given: GivenEstimators,
  quantizers: Readonly<Record<Role, Checked<NamedQuantizer>>>,
): readonly Problem[] =>
  roles.flatMap((role) => {
    const quantizer = quantizers[role];
    const name = given[role]?.name ?? settings[`${role}Range`];
    const isAsked = given[role] !== undefined || name !== defaults[`${role}Range`];
    if (E.isLeft(quantizer) || !isAsked || settings.quantizerAt.length > 0) return [];
    const asked = { name, estimator: currentMinMax() };
    const chosen = quantizer.right.choose(quantizerFor(role, 8, asked), role);
    return bringsRanges(chosen, asked) ? [unasked(`--${role}-range`, name, quantizer.right.name)] : [];
  });

/**
 * The quantizer of every site. It throws where a site is told an estimator and a quantizer which does not want one.
 *
 * @param ends asked for by the first site, where settings give the first or the last layer bits of its own
 * @throws `RangeflowFailure` of everything that is wrong with estimators, quantizers and rules, at once
 */
export const quantization = async (
  settings: Settings,
  given: GivenEstimators = {},
  ends: () => Ends = () => ({ first: "", last: "" }),
): Promise<QuantizerOf> => {
  const [estimators, quantizers, bitsAt, rangeAt, quantizerAt] = await Promise.all([
    byRole(
      (role): Promise<Checked<NamedEstimator>> =>
        given[role]
          ? Promise.resolve(E.right(given[role]))
          : estimatorNamed(`--${role}-range`, settings[`${role}Range`]),
    ),
    byRole(
      (role): Promise<Checked<NamedQuantizer>> =>
        quantizerNamed(`--${role}-quantizer`, settings[`${role}Quantizer`]),
    ),
    rulesOf("--bits-at", "GLOB=BITS, such as conv1/*=32", settings.bitsAt, widthIn),
    rulesOf("--range-at", "GLOB=E, such as */gradient=currentMinMax", settings.rangeAt, (text) =>
      estimatorNamed("--range-at", text),
    ),
    rulesOf("--quantizer-at", "GLOB=Q, such as dense/*=muLaw", settings.quantizerAt, (text) =>
      quantizerNamed("--quantizer-at", text),
    ),
  ]);
  const problems = [
    ...Object.values(estimators),
    ...Object.values(quantizers),
    ...rangeAt,
    ...bitsAt,
    ...quantizerAt,
  ]
    .filter((part): part is E.Left<Problem> => E.isLeft(part))
    .map(({ left }) => left)
    .concat(unaskedRoles(settings, given, quantizers));
  if (problems.length > 0) throw new RangeflowFailure(...problems);

  const bitsAtSite = bitsOf(settings, ends);
  return (site, role) => {
    const bits = ruled(bitsAt, site) ?? bitsAtSite(site)[role];
    const named = ruled(rangeAt, site);
    const usual = quantizerFor(role, bits, named ?? right(estimators[role]));
    const granularity = settings.perChannel && role === "weight" ? "channel" : "tensor";
    const { name, choose } = ruled(quantizerAt, site) ?? right(quantizers[role]);
    const chosen = choose({ ...usual, granularity }, role);
    if (named && bits !== 32 && bringsRanges(chosen, named))
      throw new RangeflowFailure(unasked(`--range-at, ${site}`, named.name, name));
    return chosen;
  };
};
