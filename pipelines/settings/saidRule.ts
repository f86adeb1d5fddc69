/** @file Rules from settings: each field remembers the option that set it. */
import { roles } from "../../core/signal.ts";
import {
  type PlanRole,
  planRoles,
  type Rule,
  type Said,
  type SitePlan,
} from "../../quantizers/rules/rule.ts";
import { optionOf, type SettingName } from "./settings.ts";
import type { SiteRule } from "./siteRules.ts";

/** A field of a plan, and the option that sets it. */
export interface SaidField<F extends keyof SitePlan = keyof SitePlan> {
  readonly role: PlanRole;
  readonly field: F;
  readonly value: NonNullable<SitePlan[F]>;
  readonly said: Said;
}

/** A setting as its option and text, for errors. */
export const saidBy = (name: SettingName, value: unknown): Said => ({
  where: optionOf(name),
  text: String(value),
});

/** One rule with all fields; no rule without fields. */
export const saidRule = (
  fields: readonly SaidField[],
  sites: Pick<Rule, "at" | "layer"> = {},
): readonly Rule[] => {
  if (fields.length === 0) return [];
  const plans = planRoles.flatMap((role) => {
    const plan = fields.filter((one) => one.role === role).map(({ field, value }) => [field, value] as const);
    return plan.length > 0 ? [[role, Object.fromEntries(plan)] as const] : [];
  });
  const said = fields.map((one) => [`${one.role}.${one.field}`, one.said] as const);
  return [{ ...sites, ...Object.fromEntries(plans), said: Object.fromEntries(said) }];
};

/** Bits of roles, as fields of a rule. */
export const bitsFields = (
  bits: Partial<Readonly<Record<PlanRole, number>>>,
  said: Said,
): readonly SaidField[] =>
  planRoles.flatMap((role): readonly SaidField[] => {
    const value = bits[role];
    return value === undefined ? [] : [{ role, field: "bits", value, said }];
  });

/** The rule that a user has given for a pattern: the same value for every role at the sites that match. */
export const ruleAt = <F extends keyof SitePlan>(
  name: SettingName,
  field: F,
  { text, pattern, value }: SiteRule<NonNullable<SitePlan[F]>>,
): readonly Rule[] =>
  saidRule(
    roles.map((role): SaidField => ({ role, field, value, said: saidBy(name, text) })),
    { at: pattern },
  );
