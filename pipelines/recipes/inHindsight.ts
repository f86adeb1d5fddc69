/** @file In-hindsight range estimation. */
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const inHindsightRecipe = recipeEntry({
  name: "inHindsight",
  summary:
    "ranges of activations and gradients from preceding tensors; decay, start and first layer are Rangeflow's choice",
  source: "Fournarakis and Nagel 2021, arXiv:2105.04246",
  options: {
    bits: bitsOption(8, "of weights, activations and gradients"),
    decay: { type: "number", default: 0.9, least: 0, most: 1, help: "weight of the past" },
  },
  make: ({ bits, decay }) => ({
    quantization: [
      {
        weight: { bits, range: currentMinMax() },
        activation: { bits, range: inHindsight({ decay }) },
        gradient: { bits, range: inHindsight({ decay }) },
      },
    ],
  }),
});
