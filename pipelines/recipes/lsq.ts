/** @file Learned step size quantization. */
import { lsq } from "../../quantizers/learned/lsq.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const lsqRecipe = recipeEntry({
  name: "lsq",
  summary: "learned step sizes of weights and activations; first and last layer with 8 bits",
  source: "Esser et al. 2020, arXiv:1902.08153",
  options: { bits: bitsOption(4, "of weights and activations between the first and the last layer") },
  make: ({ bits }) => ({
    quantization: [
      {
        weight: { bits, quantizer: lsq() },
        activation: { bits, quantizer: lsq() },
        gradient: { bits: 32 },
      },
      { layer: "first", weight: { bits: 8 }, activation: { bits: 8 } },
      { layer: "last", weight: { bits: 8 }, activation: { bits: 8 } },
    ],
  }),
});
