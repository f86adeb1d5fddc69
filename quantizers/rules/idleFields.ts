/** @file What rules say in vain in a network: of no site, of sites of which later rules say otherwise, or what holds anyway. */
import { type Problem, problem } from "../../core/errors.ts";
import { nearestSites } from "./nearestSites.ts";
import type { ResolvedSite } from "./resolveRules.ts";
import { planFields, planRoles, type Rule, type SitePlan } from "./rule.ts";
import {
  defaultRange,
  fieldsOf,
  type PlaceText,
  type PlanPlace,
  placeInCode,
  quantizerOf,
  roleOf,
} from "./siteFields.ts";
import { matches } from "./sitePattern.ts";
import { namedEstimator, namedQuantizer } from "./values.ts";

/** A field that changes nothing in a network. */
export interface IdleField {
  readonly place: PlanPlace;
  /**
   * Why: its pattern matches `noSite`; the sites that it is for have it from later rules, or have no use for it (`unused`); or they would
   * have the same without it (`same`).
   */
  readonly reason: "noSite" | "unused" | "same";
}

/** Whether a field of a site does something there, as 32 bits have no range and learned ranges have no estimator. */
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

/** A value as it can be compared: estimators and quantizers by name. */
const comparable = (field: keyof SitePlan, value: SitePlan[keyof SitePlan]): unknown => {
  if (field === "range") return namedEstimator(value as NonNullable<SitePlan["range"]>)?.name;
  if (field === "quantizer") return namedQuantizer(value as NonNullable<SitePlan["quantizer"]>)?.name;
  return value;
};

/** What a site has of a field where no rule says anything. */
const defaultOf = ({ planRole }: ResolvedSite, field: keyof SitePlan): unknown => {
  if (field === "quantizer") return "uniform";
  if (field === "range") return defaultRange(roleOf(planRole)).name;
  return quantizerOf({}, planRole).chosen[field];
};

/** Whether a site would have the same value of a field without the rule that says it. */
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
  const isForSome = rule.at !== undefined || rule.layer !== undefined;
  return isForSome && decided.every((site) => holdsAnyway(site, place)) ? [{ place, reason: "same" }] : [];
};

/**
 * Fields of rules that change nothing in a network, other than those of recipes. A rule for all sites may say what holds anyway.
 *
 * @param sites all sites of the network, after it was built
 */
export const idleFields = (rules: readonly Rule[], sites: readonly ResolvedSite[]): readonly IdleField[] =>
  [...rules.entries()].flatMap(([index, rule]) =>
    rule.recipe !== undefined
      ? []
      : planRoles.flatMap((role) =>
          planFields
            .filter((field) => rule[role]?.[field] !== undefined)
            .flatMap((field) => idleAt({ rule: index, role, field }, rule, sites)),
        ),
  );

/** The sentence for a rule whose pattern matches nothing. */
export const matchesNoSite = (
  where: string,
  text: string,
  pattern: string,
  sites: readonly string[],
): Problem =>
  problem(
    where,
    `"${text}", which matches no site`,
    "a pattern of sites",
    `the nearest are ${nearestSites(pattern, sites).join(", ")}`,
  );

/** What a field needs to change anything. */
const expectedOf: Readonly<Record<keyof SitePlan, string>> = {
  bits: "a site that has its bits from there, and not from a later rule",
  range: "a site of fewer than 32 bits that asks this estimator",
  quantizer: "a site of fewer than 32 bits with this quantizer",
  scheme: "a site of fewer than 32 bits with equal steps on this grid",
  rounding: "a site of fewer than 32 bits that rounds so",
  granularity: "weights of fewer than 32 bits",
};

const valueText = (rule: Rule, { role, field }: PlanPlace): string =>
  String(comparable(field, rule[role]?.[field]));

const sentence = (
  { place, reason }: IdleField,
  rule: Rule,
  sites: readonly ResolvedSite[],
  text: PlaceText,
): Problem => {
  const { at = "*" } = rule;
  switch (reason) {
    case "noSite":
      return matchesNoSite(
        text({ rule: place.rule }),
        at,
        at,
        sites.map(({ site }) => site),
      );
    case "unused":
      return problem(
        text(place),
        `${valueText(rule, place)}, which changes nothing in this network`,
        expectedOf[place.field],
        "leave it out",
      );
    case "same":
      return problem(
        text(place),
        `${valueText(rule, place)}, which holds without this rule`,
        "what earlier rules and the defaults do not say",
        "leave it out",
      );
  }
};

/** What rules say in vain in a network, as sentences; one for each rule that matches no site. */
export const idleProblems = (
  rules: readonly Rule[],
  sites: readonly ResolvedSite[],
  text: PlaceText = placeInCode,
): readonly Problem[] => {
  const idle = idleFields(rules, sites);
  const first = idle.filter(
    (one, i) =>
      one.reason !== "noSite" ||
      idle.findIndex((other) => other.reason === "noSite" && other.place.rule === one.place.rule) === i,
  );
  return first.map((one) => sentence(one, rules[one.place.rule] as Rule, sites, text));
};
