/** @file The fields that rules set for one site, and the quantizer they make. */
import { type Problem, problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Role } from "../../core/signal.ts";
import { defaultRange } from "../defaultRange.ts";
import { bringsRanges, type Quantizer, quantizerFor } from "../quantizer.ts";
import { type PlanRole, planFields, type Rule, type Said, type SitePlan } from "./rule.ts";
import { namedEstimator, namedQuantizer } from "./values.ts";

/** One field of one plan in a list of rules: `{ rule: 2, role: "gradient", field: "bits" }`. */
export interface PlanPlace {
  /** Index of the rule in its list. */
  readonly rule: number;
  readonly role: PlanRole;
  readonly field: keyof SitePlan;
}

/** A field of the plan for a site: its value and its origin. */
export type PlannedField<F extends keyof SitePlan = keyof SitePlan> = {
  readonly value: NonNullable<SitePlan[F]>;
  readonly place: PlanPlace;
};

/** Fields that rules set for a site; of each, the last. */
export type SiteFields = { readonly [F in keyof SitePlan]?: PlannedField<F> };

/** A field, a plan or a whole rule. */
export type Place = Pick<PlanPlace, "rule"> & Partial<PlanPlace>;

/** Original text of a field, or of the first field of a rule. */
export const saidAt = (rules: readonly Rule[], { rule, role, field }: Place): Said | undefined => {
  const said = rules[rule]?.said ?? {};
  return role && field ? said[`${role}.${field}`] : Object.values(said)[0];
};

/** Name of a place for its author: `--bits-at`, or `quantization[2].gradient.bits` for a rule in code. */
export const placeText = (rules: readonly Rule[], place: Place): string =>
  saidAt(rules, place)?.where ??
  [`quantization[${place.rule}]`, place.role, place.field].filter((part) => part !== undefined).join(".");

/** Role of the tensors that a plan is for; copies of gradients are gradients. */
export const roleOf = (planRole: PlanRole): Role => (planRole === "weightGradient" ? "gradient" : planRole);

/** Plans of a rule for a site of a role; later ones override earlier ones. */
const plansFor = (rule: Rule, planRole: PlanRole): readonly (readonly [PlanRole, SitePlan])[] =>
  (planRole === "weightGradient" ? (["gradient", "weightGradient"] as const) : [planRole]).flatMap((role) => {
    const plan = rule[role];
    return plan === undefined ? [] : [[role, plan] as const];
  });

/** Fields that rules set for a role; of each, the last. */
export const fieldsOf = (
  rules: readonly (readonly [index: number, Rule])[],
  planRole: PlanRole,
): SiteFields =>
  Object.fromEntries(
    rules.flatMap(([rule, one]) =>
      plansFor(one, planRole).flatMap(([role, plan]) =>
        planFields
          .filter((field) => plan[field] !== undefined)
          .map((field) => [field, { value: plan[field], place: { rule, role, field } }] as const),
      ),
    ),
  );

/**
 * The quantizer that fields make, and whether it uses the estimator that they name.
 *
 * @throws `RangeflowFailure` if a user's quantizer function does not return a quantizer
 */
export const quantizerOf = (
  { bits, range, quantizer, scheme, rounding, granularity }: SiteFields,
  planRole: PlanRole,
): { readonly chosen: Quantizer; readonly asksRange: boolean } => {
  const role = roleOf(planRole);
  const estimator = (range && namedEstimator(range.value)) ?? defaultRange(role);
  const base: Quantizer = {
    ...quantizerFor(role, bits?.value ?? 8, estimator),
    ...(scheme && { scheme: scheme.value }),
    ...(rounding && { rounding: rounding.value }),
    ...(granularity && { granularity: granularity.value }),
  };
  const named = quantizer && namedQuantizer(quantizer.value);
  const chosen = named === undefined ? base : named.choose(base, role);
  if (typeof chosen !== "object" || chosen === null)
    throw new RangeflowFailure(
      problem(`the quantizer ${named?.name}`, `returned ${valueText(chosen)}`, "a quantizer"),
    );
  return { chosen, asksRange: !bringsRanges(chosen) && chosen.estimator === estimator };
};

/** The error about an estimator that would not be used. */
export const unaskedRange = (where: string, { range, quantizer }: SiteFields, chosen: Quantizer): Problem =>
  problem(
    where,
    `the estimator ${range && namedEstimator(range.value)?.name} with the quantizer ${quantizer && namedQuantizer(quantizer.value)?.name}`,
    chosen.projection?.follows === "tensor"
      ? "currentMinMax or none, because the levels of that quantizer follow the tensor itself"
      : "no estimator, because that quantizer has ranges of its own",
    "leave out one of them",
  );
