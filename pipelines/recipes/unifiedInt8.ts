/** @file Unified INT8 training. */
import { dsgc } from "../../quantizers/estimators/dsgc.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const unifiedInt8Recipe = recipeEntry({
  name: "unifiedInt8",
  summary:
    "gradients clipped so that their direction changes least, and lower learning rates where it changes; search and period are Rangeflow's choice",
  source: "Zhu et al. 2020, arXiv:1912.12607",
  options: {
    bits: bitsOption(8, "of weights, activations and gradients"),
    period: {
      type: "integer",
      default: 100,
      least: 1,
      help: "number of tensors from one search to the next",
    },
  },
  make: ({ bits, period }) => ({
    quantization: [
      {
        weight: { bits },
        activation: { bits },
        gradient: { bits, range: dsgc({ period }), scheme: "symmetric" },
      },
    ],
    training: { dclrs: "layer" },
  }),
});
