/** @file The dynamic baseline: ranges of the current tensor. */
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const currentMinMaxRecipe = recipeEntry({
  name: "currentMinMax",
  summary: "every tensor with its own min and max; the dynamic baseline",
  source: "Jacob et al. 2018, arXiv:1712.05877",
  options: { bits: bitsOption(8, "of weights, activations and gradients") },
  make: ({ bits }) => ({
    quantization: [
      {
        weight: { bits, range: currentMinMax() },
        activation: { bits, range: currentMinMax() },
        gradient: { bits, range: currentMinMax() },
      },
    ],
  }),
});
