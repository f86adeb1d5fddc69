/** @file Rules without effect in a network: those that match no site, that later rules override, or that state what holds anyway. */
import { type Mismatch, problem } from "../../core/errors.ts";
import { defaultRange } from "../defaultRange.ts";
import { nearestSites } from "./nearestSites.ts";
import type { ResolvedRules, ResolvedSite } from "./resolveRules.ts";
import { isForAll, planFields, planRoles, type Rule, type SitePlan } from "./rule.ts";
import { fieldsOf, type PlanPlace, placeText, quantizerOf, roleOf, saidAt } from "./siteFields.ts";
import { matches } from "./sitePattern.ts";
import { comparable } from "./values.ts";

/** A field of a rule without effect in a network. */
export interface IdleField {
  readonly place: PlanPlace;
  /**
   * Why: its pattern matches no site (`noSite`); its sites take the value from later rules, or do not use it (`unused`); or they
   * would have the same value without it (`same`).
   */
  readonly reason: "noSite" | "unused" | "same";
}

/** Whether a field has an effect at a site; at 32 bits, for example, there is no range, and learned ranges have no estimator. */
const hasEffect = ({ quantizer, asksRange, fields }: ResolvedSite, field: keyof SitePlan): boolean => {
  const { bits, learned, transform, projection } = quantizer;
  switch (field) {
    case "bits":
      return true;
    case "quantizer":
      return bits !== 32 || transform !== undefined;
    case "range":
      return bits !== 32 && asksRange;
    case "granularity":
      return bits !== 32;
    case "rounding":
      return bits !== 32 && !transform && quantizer.rounding === fields.rounding?.value;
    case "scheme":
      return (
        bits !== 32 && !(learned ?? transform ?? projection) && quantizer.scheme === fields.scheme?.value
      );
  }
};

/** Default of a site's field, without rules. */
const defaultOf = ({ planRole }: ResolvedSite, field: keyof SitePlan): unknown => {
  if (field === "quantizer") return "uniform";
  if (field === "range") return defaultRange(roleOf(planRole)).name;
  return quantizerOf({}, planRole).chosen[field];
};

/** Whether a site would have the same value of a field without this rule. */
const holdsAnyway = (site: ResolvedSite, { rule, field }: PlanPlace): boolean => {
  const said = comparable(field, site.fields[field]?.value);
  const others = site.rules.filter(([index]) => index !== rule);
  const value = fieldsOf(others, site.planRole)[field]?.value;
  return said === (value === undefined ? defaultOf(site, field) : comparable(field, value));
};

const isAt = (one: PlanPlace, other: PlanPlace | undefined): boolean =>
  one.rule === other?.rule && one.role === other.role && one.field === other.field;

const idleAt = (place: PlanPlace, rule: Rule, sites: readonly ResolvedSite[]): readonly IdleField[] => {
  if (!sites.some(({ site }) => matches(rule.at ?? "*", site))) return [{ place, reason: "noSite" }];
  const decided = sites.filter(
    (site) => isAt(place, site.fields[place.field]?.place) && hasEffect(site, place.field),
  );
  if (decided.length === 0) return [{ place, reason: "unused" }];
  return !isForAll(rule) && decided.every((site) => holdsAnyway(site, place))
    ? [{ place, reason: "same" }]
    : [];
};

/** The fields of a rule. */
const placesIn = (rules: readonly Rule[], rule: number): readonly PlanPlace[] =>
  planRoles.flatMap((role) =>
    planFields
      .filter((field) => rules[rule]?.[role]?.[field] !== undefined)
      .map((field) => ({ rule, role, field })),
  );

/**
 * Fields of rules, other than those of recipes, that have no effect in a network. A rule for all sites may state what holds anyway.
 *
 * @param sites all sites of the network, after it was built
 */
export const idleFields = (rules: readonly Rule[], sites: readonly ResolvedSite[]): readonly IdleField[] =>
  [...rules.entries()].flatMap(([index, rule]) =>
    rule.recipe === undefined ? placesIn(rules, index).flatMap((place) => idleAt(place, rule, sites)) : [],
  );

/** Condition under which a field has an effect, for an error. */
const expectedOf: Readonly<Record<keyof SitePlan, string>> = {
  bits: "a site whose bits come from here, not from a later rule",
  range: "a site of fewer than 32 bits that uses this estimator",
  quantizer: "a site of fewer than 32 bits with this quantizer",
  scheme: "a site of fewer than 32 bits with equal steps on this grid",
  rounding: "a site of fewer than 32 bits with this rounding",
  granularity: "weights of fewer than 32 bits",
};

const sentence = (
  { place, reason }: IdleField,
  rules: readonly Rule[],
  sites: readonly ResolvedSite[],
): Mismatch => {
  const { rule, role, field } = place;
  const { at = "*", ...of } = rules[rule] as Rule;
  const said = saidAt(rules, place)?.text;
  const near = nearestSites(
    at,
    sites.map(({ site }) => site),
  );
  switch (reason) {
    case "noSite":
      return problem(
        placeText(rules, { rule }),
        `"${said ?? at}", which matches no site`,
        "a pattern that matches a site",
        near.length > 0 ? `the nearest are ${near.join(", ")}` : "the network has none",
      );
    case "unused":
      return problem(
        placeText(rules, place),
        `${said ?? comparable(field, of[role]?.[field])}, which has no effect in this network`,
        expectedOf[field],
        "leave it out",
      );
    case "same":
      return problem(
        placeText(rules, place),
        `${said ?? comparable(field, of[role]?.[field])}, which already holds without this rule`,
        "a value that earlier rules and the defaults do not give",
        "leave it out",
      );
  }
};

/** An error about a rule without effect in a network. */
export interface IdleRule {
  readonly reason: IdleField["reason"];
  readonly problem: Mismatch;
}

/**
 * Errors about rules without effect in a network: one for a rule that matches no site, and one for a setting that the user has
 * given once, if none of the fields it stands for has an effect. Call it after the network was built.
 */
export const idleRules = ({ rules, sites: asked }: ResolvedRules): readonly IdleRule[] => {
  const sites = asked();
  const idle = idleFields(rules, sites);
  const first = new Map<string, IdleField>();
  for (const { place, reason } of idle) {
    const text = placeText(rules, place);
    const together = placesIn(rules, place.rule).filter((other) => placeText(rules, other) === text);
    const found = together.map((other) => idle.find((one) => isAt(one.place, other)));
    if (!found.every((one) => one !== undefined)) continue;
    const key = `${place.rule} ${reason === "noSite" ? "" : text}`;
    const telling = found.find((one) => one.reason === "same") ?? { place, reason };
    if (!first.has(key)) first.set(key, telling);
  }
  return [...first.values()].map((one) => ({ reason: one.reason, problem: sentence(one, rules, sites) }));
};
