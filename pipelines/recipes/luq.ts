/** @file Logarithmic unbiased quantization. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { meanSquaredError } from "../../quantizers/estimators/meanSquaredError.ts";
import { luqEntry } from "../../quantizers/projections/luq.ts";
import { bitsOption, endsInFloat32, recipeEntry } from "./recipeEntry.ts";

export const luqRecipe = recipeEntry({
  name: "luq",
  summary:
    "unbiased gradients on powers of two; 4-bit weights and activations by least squared error, where the paper has SAWB",
  source: "Chmiel et al. 2023, arXiv:2112.10769",
  options: {
    bits: bitsOption(4, "of weights, activations and gradients"),
    draws: {
      type: "integer",
      default: 1,
      least: 1,
      most: 64,
      help: "number of independent draws that are averaged (SMP)",
    },
  },
  make: ({ bits, draws }) => ({
    quantization: [
      {
        weight: { bits, range: meanSquaredError() },
        activation: { bits, range: inHindsight(meanSquaredError()) },
        gradient: { bits, range: currentMinMax(), quantizer: quantizerWith(luqEntry, { draws }) },
      },
      ...endsInFloat32,
    ],
  }),
});
