/** @file In-hindsight range estimation. */
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const inHindsightRecipe = recipeEntry({
  name: "inHindsight",
  summary:
    "activations and gradients with the ranges of the tensors before; decay, start and first layer are our choice",
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
