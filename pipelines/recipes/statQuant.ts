/** @file StatQuant. */
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { psq } from "../../quantizers/projections/psq.ts";
import { ptq } from "../../quantizers/projections/ptq.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const statQuantRecipe = recipeEntry({
  name: "statQuant",
  summary:
    "two copies of each gradient: 8 bits per tensor for weight gradients, 5 bits per sample for input gradients; 5 is Rangeflow's choice",
  source: "Chen et al. 2020, arXiv:2010.14298",
  options: { bits: bitsOption(5, "of the gradient copy for input gradients") },
  make: ({ bits }) => ({
    quantization: [
      {
        weight: { bits: 8 },
        activation: { bits: 8, range: currentMinMax() },
        gradient: { bits, quantizer: psq() },
        weightGradient: { bits: 8, range: currentMinMax(), quantizer: ptq() },
      },
    ],
  }),
});
