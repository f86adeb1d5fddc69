/** @file Rules for some sites whose values a later rule for all sites overrides. */
import { valueText } from "../../core/errors.ts";
import { projectionTitle } from "../../core/projectionTitle.ts";
import type { Role } from "../../core/signal.ts";
import { currentRange } from "../defaultRange.ts";
import { type Quantizer, quantizerFor } from "../quantizer.ts";
import type { ResolvedRules, ResolvedSite } from "./resolveRules.ts";
import { isForAll, type Rule, type SitePlan } from "./rule.ts";
import { fieldsOf, type PlannedField, type PlanPlace, placeText, roleOf, saidAt } from "./siteFields.ts";
import { comparable, namedQuantizer } from "./values.ts";

/** A value that a rule gives some sites and that a later rule for all sites overrides. */
export interface OverriddenRule {
  /** Place and value of the rule: `quantization[1].weight.bits 32`. */
  readonly rule: string;
  /** Place and value of the rule that holds instead: `--bits 4/4/4`. */
  readonly by: string;
  /** Sites that the overridden rule is for. */
  readonly sites: readonly string[];
}

/** What a quantizer chooses for 8 bits; undefined if it refuses those, as one of a user's own may. */
const chosenBy = (
  value: NonNullable<SitePlan["quantizer"]>,
  role: Role,
): Partial<Pick<Quantizer, "projection" | "learned" | "rounding">> | undefined => {
  try {
    return namedQuantizer(value)?.choose(quantizerFor(role, 8, currentRange), role);
  } catch {
    return undefined;
  }
};

/** A value by its name; a projection with all options and its rounding, since what code makes has one name whatever these are. */
const titleOf = ({ place: { role, field }, value }: PlannedField): unknown => {
  const chosen =
    field === "quantizer" ? chosenBy(value as NonNullable<SitePlan["quantizer"]>, roleOf(role)) : undefined;
  const { projection, learned, rounding } = chosen ?? {};
  if (!projection || learned || !rounding) return comparable(field, value);
  return projectionTitle({ name: projection.name, options: { ...projection.options, rounding } });
};

const textOf = (rules: readonly Rule[], place: PlanPlace, title: unknown): string => {
  const { recipe } = rules[place.rule] as Rule;
  const where =
    recipe === undefined ? placeText(rules, place) : `recipe ${recipe}: ${place.role}.${place.field}`;
  return `${where} ${saidAt(rules, place)?.text ?? valueText(title)}`;
};

const overriddenAt = (
  rules: readonly Rule[],
  { site, planRole, fields, rules: holding }: ResolvedSite,
): readonly OverriddenRule[] =>
  Object.values(fields).flatMap((last): readonly OverriddenRule[] => {
    const { place, value } = last;
    if (!isForAll(rules[place.rule] as Rule)) return [];
    const earlier = holding.filter(([index, rule]) => index < place.rule && !isForAll(rule));
    const own = fieldsOf(earlier, planRole)[place.field];
    if (own === undefined || titleOf(own) === titleOf(last)) return [];
    const isByName = comparable(place.field, own.value) !== comparable(place.field, value);
    const text = (one: PlannedField): string =>
      textOf(rules, one.place, isByName ? comparable(one.place.field, one.value) : titleOf(one));
    return [{ rule: text(own), by: text(last), sites: [site] }];
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
