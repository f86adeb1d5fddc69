/** @file Large gradients first, LBT: as published, and Rangeflow's static variant. */
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { lbt, lbtHindsight } from "../../quantizers/estimators/lbt.ts";
import { learnedBound } from "../../quantizers/learned/learnedBound.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";
import { bitsOption, endsInFloat32, recipeEntry } from "./recipeEntry.ts";

const options = { bits: bitsOption(4, "of weights, activations and gradients") };

/** Rules of both recipes, which differ in the ranges of gradients. */
const rulesWith = (bits: number, range: RangeEstimator): readonly Rule[] => [
  {
    weight: { bits, quantizer: learnedBound() },
    activation: { bits, quantizer: learnedBound() },
    gradient: { bits, range, scheme: "symmetric" },
  },
  ...endsInFloat32,
];

export const lbtRecipe = recipeEntry({
  name: "lbt",
  summary:
    "learned bounds of weights and activations; gradients clipped so that the error of large ones is least; first and last layer in float32",
  source: "Kim et al. 2024, arXiv:2407.12637",
  options,
  make: ({ bits }) => ({ quantization: rulesWith(bits, lbt()) }),
});

export const lbtHindsightRecipe = recipeEntry({
  name: "lbtHindsight",
  summary: "lbt with the largest gradients of preceding tensors, which makes it static; Rangeflow's variant",
  source: "after Kim et al. 2024, arXiv:2407.12637",
  options,
  make: ({ bits }) => ({ quantization: rulesWith(bits, lbtHindsight()) }),
});
