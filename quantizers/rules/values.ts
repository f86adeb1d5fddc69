/** @file Estimators and quantizers as rules hold them, and what they are called. */

import type { RangeEstimator } from "../estimators/estimator.ts";
import type { NamedEstimator, NamedQuantizer } from "../quantizer.ts";
import { withProjection } from "../withProjection.ts";
import type { QuantizerValue } from "./rule.ts";

/** The name of a function; that of the property which it was written into says nothing. */
const nameOf = (f: { readonly name: string }): string =>
  ["range", "quantizer"].includes(f.name) ? "" : f.name;

/** An estimator under its name; undefined if it has none, or is no estimator. */
export const namedEstimator = (range: RangeEstimator | NamedEstimator): NamedEstimator | undefined => {
  const named = typeof range === "function" ? { name: nameOf(range), estimator: range } : range;
  return typeof named?.estimator === "function" && typeof named.name === "string" && named.name !== ""
    ? named
    : undefined;
};

/** The choice that a quantizer in a rule stands for; undefined if it is none. */
export const namedQuantizer = (value: QuantizerValue): NamedQuantizer | undefined => {
  if (typeof value === "function") return { name: nameOf(value) || "of a function", choose: value };
  if (typeof value?.name !== "string") return undefined;
  const { name } = value;
  if ("choose" in value) return value;
  if ("project" in value) return { name, choose: (usual) => withProjection(usual, value) };
  if ("transform" in value) return { name, choose: (usual) => ({ ...usual, transform: value }) };
  if ("gradientScale" in value)
    return { name, choose: (usual) => ({ ...usual, rounding: "nearest", learned: value }) };
  return undefined;
};
