/** @file Rules resolved for one network: the quantizer of each site, and the rules it comes from. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, RangeflowFailure } from "../../core/errors.ts";
import type { Role } from "../../core/signal.ts";
import type { Quantizer } from "../quantizer.ts";
import { checkRules } from "./checkRules.ts";
import type { PlanRole, Rule } from "./rule.ts";
import { fieldsOf, placeText, quantizerOf, type SiteFields, unaskedRange } from "./siteFields.ts";
import { matches } from "./sitePattern.ts";

/** A site of a built network with its quantizer, and the rules it comes from. */
export interface ResolvedSite {
  readonly site: string;
  readonly planRole: PlanRole;
  readonly quantizer: Quantizer;
  /** Whether its ranges come from the estimator that its fields name. */
  readonly asksRange: boolean;
  readonly fields: SiteFields;
  /** The rules that apply to it, each with its index. */
  readonly rules: readonly (readonly [index: number, Rule])[];
}

/** Quantizers of the sites of a network. */
export interface SiteQuantizers {
  /** The quantizer of a site. @throws `RangeflowFailure` if the rules contradict each other at that site */
  readonly quantizer: (site: string, role: Role) => Quantizer;
  /** The quantizer of a second copy of a gradient, for weights alone; `undefined` if no rule has a plan for such copies. */
  readonly weightGradient: ((site: string, role: Role) => Quantizer) | undefined;
}

/** Rules resolved for one network: quantizers of its sites, and the sites resolved so far. */
export interface ResolvedRules extends SiteQuantizers {
  readonly rules: readonly Rule[];
  /** Sites whose quantizer has been requested so far. */
  readonly sites: () => readonly ResolvedSite[];
}

/** Facts about the network that rules depend on. */
export interface ResolveOptions {
  /** Paths of the network's convolutions and dense layers, in order. Called at most once, if a rule is for the first or last one. */
  readonly layers: () => readonly string[];
}

/** Whether a site belongs to a layer. */
const isOf = (layer: string | undefined, site: string): boolean =>
  layer !== undefined && site.startsWith(`${layer}/`);

/**
 * Resolves rules, once, when a network is built.
 *
 * @returns `Left` of all errors in the rules that do not depend on the network
 */
export const resolveRules = (
  rules: readonly Rule[],
  { layers }: ResolveOptions,
): E.Either<readonly Problem[], ResolvedRules> => {
  const problems = checkRules(rules);
  if (problems.length > 0) return E.left(problems);
  const sites = new Map<string, ResolvedSite>();
  let paths: readonly string[] | undefined;
  const holdsFor = ({ at = "*", layer }: Rule, site: string): boolean => {
    if (!matches(at, site)) return false;
    if (layer === undefined) return true;
    paths ??= layers();
    return isOf(layer === "first" ? paths[0] : paths.at(-1), site);
  };
  const resolve =
    (planRoleOf: (role: Role) => PlanRole) =>
    (site: string, role: Role): Quantizer => {
      const planRole = planRoleOf(role);
      const holding = [...rules.entries()].filter(([, rule]) => holdsFor(rule, site));
      const fields = fieldsOf(holding, planRole);
      const { chosen, asksRange } = quantizerOf(fields, planRole);
      const { range, quantizer } = fields;
      if (range && !asksRange && chosen.bits !== 32 && range.place.rule > (quantizer?.place.rule ?? -1))
        throw new RangeflowFailure(unaskedRange(`${placeText(rules, range.place)}, ${site}`, fields, chosen));
      sites.set(site, { site, planRole, quantizer: chosen, asksRange, fields, rules: holding });
      return chosen;
    };
  const splits = rules.some(({ weightGradient }) => weightGradient !== undefined);
  return E.right({
    rules,
    quantizer: resolve((role) => role),
    weightGradient: splits ? resolve(() => "weightGradient") : undefined,
    sites: () => [...sites.values()],
  });
};
