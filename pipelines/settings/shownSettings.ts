/** @file Rules shown as flat settings, as far as flat settings can express them; used for names, tables and reports. */

import { isForAll, type PlanRole, type Rule } from "../../quantizers/rules/rule.ts";
import { fieldsOf, type SiteFields } from "../../quantizers/rules/siteFields.ts";
import { namedEstimator, namedQuantizer } from "../../quantizers/rules/values.ts";
import { bitsText } from "./bitsTriple.ts";
import type { Settings } from "./settings.ts";

/** Rules with their places in a list. */
type Indexed = readonly (readonly [index: number, Rule])[];

/** The name of the estimator that fields set. */
const rangeName = ({ range }: SiteFields): string | undefined => range && namedEstimator(range.value)?.name;

/** The name of the quantizer that fields set: `uniform:scheme=symmetric` if they set scheme or rounding only. */
export const quantizerName = ({ quantizer, scheme, rounding }: SiteFields): string | undefined => {
  if (quantizer) return namedQuantizer(quantizer.value)?.name;
  const options = [scheme && `scheme=${scheme.value}`, rounding && `rounding=${rounding.value}`];
  const said = options.filter((option) => option !== undefined);
  return said.length > 0 ? `uniform:${said.join(",")}` : undefined;
};

/** The fields that were set for the gradient copies of weight gradients only, not for all gradients. */
const ofCopies = (fields: SiteFields): SiteFields =>
  Object.fromEntries(Object.entries(fields).filter(([, { place }]) => place.role === "weightGradient"));

const withoutMissing = <T extends object>(settings: T): Partial<T> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Partial<T>;

/**
 * The settings that rules come to, for all sites and for the first and last layer. Settings without a rule are left out; rules for patterns
 * of sites have no setting.
 */
export const shownSettings = (rules: readonly Rule[]): Partial<Settings> => {
  const those = (isOf: (rule: Rule) => boolean): Indexed =>
    [...rules.entries()].filter(([, rule]) => isOf(rule));
  const forAll = those(isForAll);
  const ofLayer = (which: Rule["layer"]): Indexed =>
    those(({ at, layer }) => at === undefined && layer === which);
  const bitsOf = (some: Indexed): string | undefined => {
    const said = (role: PlanRole): SiteFields["bits"] => fieldsOf(some, role).bits;
    const bits = (role: PlanRole): number => (said(role) ?? fieldsOf(forAll, role).bits)?.value ?? 8;
    return (said("weight") ?? said("activation") ?? said("gradient"))
      ? bitsText({ weight: bits("weight"), activation: bits("activation"), gradient: bits("gradient") })
      : undefined;
  };
  const weight = fieldsOf(forAll, "weight");
  const activation = fieldsOf(forAll, "activation");
  const gradient = fieldsOf(forAll, "gradient");
  const copies = ofCopies(fieldsOf(forAll, "weightGradient"));
  return withoutMissing({
    bits: bitsOf(forAll),
    firstBits: bitsOf(ofLayer("first")),
    lastBits: bitsOf(ofLayer("last")),
    weightGradientBits: copies.bits?.value,
    weightRange: rangeName(weight),
    activationRange: rangeName(activation),
    gradientRange: rangeName(gradient),
    weightGradientRange: rangeName(copies),
    weightQuantizer: quantizerName(weight),
    activationQuantizer: quantizerName(activation),
    gradientQuantizer: quantizerName(gradient),
    weightGradientQuantizer: quantizerName(copies),
    perChannel: weight.granularity && weight.granularity.value === "channel",
  }) as Partial<Settings>;
};
