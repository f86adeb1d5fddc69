/** @file Estimators and quantizers as values in rules, and their names. */

import type { RangeEstimator } from "../estimators/estimator.ts";
import type { NamedEstimator, NamedQuantizer } from "../quantizer.ts";
import { withProjection } from "../withProjection.ts";
import { planRoles, type QuantizerValue, type Rule, type SitePlan } from "./rule.ts";

/** The name of a function; a name that it only has from its property or export says nothing. */
const nameOf = (f: { readonly name: string }): string =>
  ["range", "quantizer", "default"].includes(f.name) ? "" : f.name;

/** An estimator under its name; `undefined` if it has none, or is not an estimator. */
export const namedEstimator = (range: RangeEstimator | NamedEstimator): NamedEstimator | undefined => {
  const named = typeof range === "function" ? { name: nameOf(range), estimator: range } : range;
  return typeof named?.estimator === "function" && typeof named.name === "string" && named.name !== ""
    ? named
    : undefined;
};

/** The estimators in rules, by name. */
export const estimatorsIn = (rules: readonly Rule[]): ReadonlyMap<string, NamedEstimator> =>
  new Map(
    rules.flatMap((rule) =>
      planRoles.flatMap((role) => {
        const { range } = rule[role] ?? {};
        const named = range && namedEstimator(range);
        return named ? [[named.name, named] as const] : [];
      }),
    ),
  );

/** The choice that a quantizer in a rule stands for; `undefined` if it is not a quantizer. */
export const namedQuantizer = (value: QuantizerValue): NamedQuantizer | undefined => {
  if (typeof value === "function") return { name: nameOf(value) || "of a function", choose: value };
  if (typeof value?.name !== "string") return undefined;
  const { name } = value;
  if ("choose" in value) return value;
  if ("project" in value) return { name, choose: (base) => withProjection(base, value) };
  if ("transform" in value) return { name, choose: (base) => ({ ...base, transform: value }) };
  if ("gradientScale" in value)
    return { name, choose: (base) => ({ ...base, rounding: "nearest", learned: value }) };
  return undefined;
};

/** A value in comparable form: estimators and quantizers by name. */
export const comparable = (field: keyof SitePlan, value: SitePlan[keyof SitePlan]): unknown => {
  if (field === "range") return namedEstimator(value as NonNullable<SitePlan["range"]>)?.name;
  if (field === "quantizer") return namedQuantizer(value as NonNullable<SitePlan["quantizer"]>)?.name;
  return value;
};
