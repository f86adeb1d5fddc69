/** @file Checks of rules that do not depend on a network; the others are made when a network is built. */
import { type Problem, problem, thrownBy, thrownText, valueText } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { schemeNames } from "../../core/scheme.ts";
import { isWidth } from "../quantizer.ts";
import { type PlanRole, planFields, planRoles, type Rule, type SitePlan } from "./rule.ts";
import { fieldsOf, type Place, placeText, quantizerOf, saidAt, unaskedRange } from "./siteFields.ts";
import { patternProblem } from "./sitePattern.ts";
import { namedEstimator, namedQuantizer } from "./values.ts";

const ruleKeys = ["at", "layer", "recipe", "said", ...planRoles];

type TextOf = (place: Place) => string;

const unknownKeys = (where: string, given: object, known: readonly string[]): readonly Problem[] =>
  Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => problem(where, `the field "${key}"`, expectedName(key, known)));

const isOneOf = (value: unknown, ...all: readonly unknown[]): boolean => all.includes(value);

/** Valid values of each field, for the error that refuses another. */
const expectedOf: {
  readonly [F in keyof SitePlan]-?: (value: NonNullable<SitePlan[F]>) => string | undefined;
} = {
  bits: (bits) => (isWidth(bits) ? undefined : "2 to 8 bits, or 32 for float32"),
  range: (range) =>
    namedEstimator(range)
      ? undefined
      : "an estimator with a name: one of Rangeflow's, a function that has a name, or { name, estimator }",
  quantizer: (quantizer) =>
    namedQuantizer(quantizer)
      ? undefined
      : "a projection, a learned range, a weight transform, or a function from the default quantizer to another one",
  scheme: (scheme) => (isOneOf(scheme, ...schemeNames) ? undefined : `one of ${schemeNames.join(", ")}`),
  rounding: (rounding) => (isOneOf(rounding, "nearest", "stochastic") ? undefined : "nearest or stochastic"),
  granularity: (granularity) => (isOneOf(granularity, "tensor", "channel") ? undefined : "tensor or channel"),
};

/** A range that is no estimator with a name, and what is likely to be meant. */
const unnamedRange = (where: string, value: unknown, expected: string): Problem =>
  typeof value === "string"
    ? problem(
        where,
        valueText(value),
        expected,
        `the estimator itself, such as ${value}(); files and the command line name estimators by text`,
      )
    : problem(
        where,
        typeof value === "function" ? "an estimator without a name" : valueText(value),
        expected,
        'name it, as estimate({ name: "mine", .. }) or { name: "mine", estimator }',
      );

const wrongField = (where: string, field: keyof SitePlan, value: unknown): readonly Problem[] => {
  if (value === undefined) return [];
  const expected =
    value === null ? "a value" : (expectedOf[field] as (v: unknown) => string | undefined)(value);
  if (expected === undefined) return [];
  if (field === "range") return [unnamedRange(where, value, expected)];
  return [
    problem(where, typeof value === "function" ? "a function without a name" : valueText(value), expected),
  ];
};

const wrongPlan = (rule: number, role: PlanRole, plan: SitePlan, text: TextOf): readonly Problem[] => {
  if (typeof plan !== "object" || plan === null)
    return [problem(text({ rule, role }), valueText(plan), "a plan such as { bits: 4 }")];
  return [
    ...unknownKeys(text({ rule, role }), plan, planFields),
    ...planFields.flatMap((field) => wrongField(text({ rule, role, field }), field, plan[field])),
    ...(plan.granularity === "channel" && role !== "weight"
      ? [
          problem(
            text({ rule, role, field: "granularity" }),
            `a range for each channel of ${role === "activation" ? "an activation" : "a gradient"}`,
            "one for the whole tensor, because an integer product cannot factor a scale for each channel out of its sums",
            "use granularity channel for weights only",
          ),
        ]
      : []),
  ];
};

/** A plan of a rule that has a range as well as a quantizer that does not use it. */
const wastedRange = (rule: number, role: PlanRole, of: Rule, text: TextOf): readonly Problem[] => {
  if (of[role]?.range === undefined) return [];
  const { bits: _, ...fields } = fieldsOf([[rule, of]], role);
  if (fields.quantizer === undefined) return [];
  const where = text({ rule, role, field: "range" });
  try {
    const { chosen, asksRange } = quantizerOf(fields, role);
    return asksRange ? [] : [unaskedRange(where, fields, chosen)];
  } catch (error) {
    const thrown = thrownBy(text({ rule, role, field: "quantizer" }), error, "a quantizer").problems;
    return thrown.filter((one) => one._tag === "Problem" || one._tag === "Conflict");
  }
};

const wrongPattern = (where: string, at: unknown): readonly Problem[] => {
  if (at === undefined) return [];
  if (typeof at !== "string" || at === "")
    return [problem(where, `at ${valueText(at)}`, "a pattern of sites, such as conv1/*")];
  const wrong = patternProblem(where, at);
  return wrong ? [wrong] : [];
};

const readRule = (where: string, index: number, rule: Rule, text: TextOf): readonly Problem[] => {
  if (typeof rule !== "object" || rule === null)
    return [problem(where, valueText(rule), 'a rule such as { at: "conv1/*", weight: { bits: 4 } }')];
  const roles = planRoles.filter((role) => rule[role] !== undefined);
  const wrong = [
    ...unknownKeys(where, rule, ruleKeys),
    ...wrongPattern(where, rule.at),
    ...(isOneOf(rule.layer, undefined, "first", "last")
      ? []
      : [problem(where, `layer ${valueText(rule.layer)}`, "first or last")]),
    ...(roles.length > 0
      ? []
      : [problem(where, "a rule without a plan", `a plan for one of ${planRoles.join(", ")}`)]),
    ...roles.flatMap((role) => wrongPlan(index, role, rule[role] as SitePlan, text)),
  ];
  return wrong.length > 0 ? wrong : roles.flatMap((role) => wastedRange(index, role, rule, text));
};

/** The errors in a rule, which may throw when it is read. */
const wrongRule = (index: number, rule: Rule, text: TextOf): readonly Problem[] => {
  const where = text({ rule: index });
  try {
    return readRule(where, index, rule, text);
  } catch (error) {
    return [problem(where, `a rule that throws ${thrownText(error)}`, "a rule that can be read")];
  }
};

/** Rules for second copies of gradients if no rule makes such copies. */
const withoutCopies = (rules: readonly Rule[], text: TextOf): readonly Problem[] =>
  rules.some(({ weightGradient }) => weightGradient !== undefined)
    ? []
    : [...rules.entries()]
        .filter(([, { at }]) => at?.endsWith("weightGradient"))
        .map(([rule, { at }]) =>
          problem(
            text({ rule }),
            `"${saidAt(rules, { rule })?.text ?? at}", although all gradients have a single copy`,
            "a second copy of gradients, for weights",
            "a plan for weightGradient makes one, as --weight-gradient-bits does",
          ),
        );

/** Limit that no handwritten list reaches, and below which an error for each rule fits on the stack. */
const mostRules = 10_000;

/** All errors in rules that do not depend on a network. */
export const checkRules = (rules: readonly Rule[]): readonly Problem[] => {
  if (!Array.isArray(rules))
    return [problem("quantization", valueText(rules), "a list of rules such as [{ weight: { bits: 4 } }]")];
  if (rules.length > mostRules)
    return [problem("quantization", `${rules.length} rules`, `at most ${mostRules}`)];
  const text: TextOf = (place) => placeText(rules, place);
  const wrong = [...rules.entries()].flatMap(([index, rule]) => wrongRule(index, rule, text));
  return wrong.length > 0 ? wrong : withoutCopies(rules, text);
};
