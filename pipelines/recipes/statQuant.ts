/** @file StatQuant. */
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { psq } from "../../quantizers/projections/psq.ts";
import { ptq } from "../../quantizers/projections/ptq.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const statQuantRecipe = recipeEntry({
  name: "statQuant",
  summary:
    "two copies of each gradient: for weights 8 bits for the whole tensor, for inputs 5 bits sample by sample; 5 is our choice",
  source: "Chen et al. 2020, arXiv:2010.14298",
  options: { bits: bitsOption(5, "of the copy of gradients that is for inputs") },
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
