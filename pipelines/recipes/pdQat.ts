/** @file Primal-dual quantization-aware training. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { dorefaEntry } from "../../quantizers/dorefa.ts";
import { satEntry } from "../../quantizers/learned/sat.ts";
import { bitsOption, endsInFloat32, recipeEntry } from "./recipeEntry.ts";

export const pdQatRecipe = recipeEntry({
  name: "pdQat",
  summary:
    "learns in float32 while the quantized output must stay near; scale of weights, float32 ends, SGD and slacks taken as the epoch goes are our choice; --constraint-layers adds layers",
  source: "Hounie et al. 2023, arXiv:2210.15623",
  options: {
    bits: bitsOption(4, "of weights and activations"),
    bound: {
      type: "number",
      default: 0.1,
      least: 1e-9,
      most: 1e9,
      help: "most soft cross-entropy between quantized and float32 output",
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
