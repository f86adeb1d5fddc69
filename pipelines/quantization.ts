/** @file How the sites of a run are quantized, from its settings: by role, and by patterns of paths. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, RangeflowFailure } from "../core/errors.ts";
import type { Role } from "../core/signal.ts";
import { isWidth, type NamedEstimator, type Quantizer, quantizerFor } from "../quantizers/quantizer.ts";
import { estimatorNamed } from "./estimatorNamed.ts";
import { matches } from "./glob.ts";
import type { Settings } from "./settings.ts";

/** Estimators given as values, in code, instead of by name. */
export type GivenEstimators = Partial<Readonly<Record<Role, NamedEstimator>>>;

export type QuantizerOf = (site: string, role: Role) => Quantizer;

interface Rule<T> {
  readonly pattern: string;
  readonly value: T;
}

const split = (
  option: string,
  rule: string,
  expected: string,
): E.Either<Problem, readonly [string, string]> => {
  const at = rule.indexOf("=");
  return at > 0
    ? E.right([rule.slice(0, at), rule.slice(at + 1)])
    : E.left(problem(option, `"${rule}"`, expected));
};

const bitsRule = (rule: string): E.Either<Problem, Rule<number>> =>
  E.chain(([pattern, text]: readonly [string, string]): E.Either<Problem, Rule<number>> => {
    const value = Number(text);
    return isWidth(value)
      ? E.right({ pattern, value })
      : E.left(problem("--bits-at", `"${rule}"`, "2 to 8 bits, or 32 for float32"));
  })(split("--bits-at", rule, "GLOB=BITS, such as conv1/*=32"));

const rangeRule = async (rule: string): Promise<E.Either<Problem, Rule<NamedEstimator>>> => {
  const parts = split("--range-at", rule, "GLOB=E, such as */gradient=currentMinMax");
  if (E.isLeft(parts)) return parts;
  const [pattern, text] = parts.right;
  return E.map((value: NamedEstimator) => ({ pattern, value }))(await estimatorNamed("--range-at", text));
};

/** The last rule whose pattern matches. */
const ruled = <T>(rules: readonly Rule<T>[], site: string): T | undefined =>
  rules.findLast(({ pattern }) => matches(pattern, site))?.value;

/**
 * The quantizer of every site.
 *
 * @throws `RangeflowFailure` of everything that is wrong with estimators and rules, at once
 */
export const quantization = async (settings: Settings, given: GivenEstimators = {}): Promise<QuantizerOf> => {
  const named = (role: Role, option: string, text: string): Promise<E.Either<Problem, NamedEstimator>> =>
    given[role] ? Promise.resolve(E.right(given[role])) : estimatorNamed(option, text);
  const [weight, activation, gradient, rangeRules] = await Promise.all([
    named("weight", "--weight-range", settings.weightRange),
    named("activation", "--activation-range", settings.activationRange),
    named("gradient", "--gradient-range", settings.gradientRange),
    Promise.all(settings.rangeAt.map(rangeRule)),
  ]);
  const bitsRules = settings.bitsAt.map(bitsRule);
  const problems = [weight, activation, gradient, ...rangeRules, ...bitsRules]
    .filter((part): part is E.Left<Problem> => E.isLeft(part))
    .map(({ left }) => left);
  if (E.isLeft(weight) || E.isLeft(activation) || E.isLeft(gradient) || problems.length > 0)
    throw new RangeflowFailure(...problems);

  const byRole = { weight: weight.right, activation: activation.right, gradient: gradient.right };
  const [w, a, g] = settings.bits.split("/").map(Number) as [number, number, number];
  const bitsOf = { weight: w, activation: a, gradient: g };
  const bitsAt = bitsRules.filter(E.isRight).map(({ right }) => right);
  const rangesAt = rangeRules.filter(E.isRight).map(({ right }) => right);
  return (site, role) => ({
    ...quantizerFor(role, ruled(bitsAt, site) ?? bitsOf[role], ruled(rangesAt, site) ?? byRole[role]),
    granularity: settings.perChannel && role === "weight" ? "channel" : "tensor",
  });
};
