/** @file Primal-dual quantization-aware training. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { dorefaEntry } from "../../quantizers/dorefa.ts";
import { satEntry } from "../../quantizers/learned/sat.ts";
import { bitsOption, endsInFloat32, recipeEntry } from "./recipeEntry.ts";

export const pdQatRecipe = recipeEntry({
  name: "pdQat",
  summary:
    "trains in float32 under the constraint that the quantized output stays close; --constraint-layers adds layers; scale of weights, float32 first and last layer, SGD and slacks taken during the epoch are Rangeflow's choice",
  source: "Hounie et al. 2023, arXiv:2210.15623",
  options: {
    bits: bitsOption(4, "of weights and activations"),
    bound: {
      type: "number",
      default: 0.1,
      least: 1e-9,
      most: 1e9,
      help: "upper bound of the soft cross-entropy between quantized and float32 output",
    },
  },
  make: ({ bits, bound }) => ({
    quantization: [
      {
        weight: { bits, quantizer: quantizerWith(satEntry, { grid: "original", rescale: "stddev" }) },
        activation: { bits, quantizer: quantizerWith(dorefaEntry) },
        gradient: { bits: 32 },
      },
      ...endsInFloat32,
    ],
    training: { constraint: bound },
  }),
});
