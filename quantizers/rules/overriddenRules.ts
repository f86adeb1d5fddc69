/** @file Rules for some sites whose values a later rule for all sites overrides. */
import { valueText } from "../../core/errors.ts";
import type { ResolvedRules, ResolvedSite } from "./resolveRules.ts";
import { isForAll, type Rule, type SitePlan } from "./rule.ts";
import { fieldsOf, type PlanPlace, placeText, saidAt } from "./siteFields.ts";
import { comparable } from "./values.ts";

/** A value that a rule gives some sites and that a later rule for all sites overrides. */
export interface OverriddenRule {
  /** Place and value of the rule: `quantization[1].weight.bits 32`. */
  readonly rule: string;
  /** Place and value of the rule that holds instead: `--bits 4/4/4`. */
  readonly by: string;
  /** Sites that the overridden rule is for. */
  readonly sites: readonly string[];
}

const textOf = (rules: readonly Rule[], place: PlanPlace, value: SitePlan[keyof SitePlan]): string => {
  const { recipe } = rules[place.rule] as Rule;
  const where =
    recipe === undefined ? placeText(rules, place) : `recipe ${recipe}: ${place.role}.${place.field}`;
  return `${where} ${saidAt(rules, place)?.text ?? valueText(comparable(place.field, value))}`;
};

const overriddenAt = (
  rules: readonly Rule[],
  { site, planRole, fields, rules: holding }: ResolvedSite,
): readonly OverriddenRule[] =>
  Object.values(fields).flatMap(({ place, value }): readonly OverriddenRule[] => {
    if (!isForAll(rules[place.rule] as Rule)) return [];
    const earlier = holding.filter(([index, rule]) => index < place.rule && !isForAll(rule));
    const own = fieldsOf(earlier, planRole)[place.field];
    if (own === undefined || comparable(place.field, own.value) === comparable(place.field, value)) return [];
    return [{ rule: textOf(rules, own.place, own.value), by: textOf(rules, place, value), sites: [site] }];
  });

/**
 * Rules for some sites whose values a later rule for all sites overrides, such as `--bits` of a command line over the first layer of an
 * experiment's file. Call it after the network was built.
 */
export const overriddenRules = ({ rules, sites }: ResolvedRules): readonly OverriddenRule[] => {
  const found = new Map<string, OverriddenRule>();
  for (const site of sites())
    for (const one of overriddenAt(rules, site)) {
      const key = `${one.rule} ${one.by}`;
      found.set(key, { ...one, sites: [...(found.get(key)?.sites ?? []), ...one.sites] });
    }
  return [...found.values()];
};
