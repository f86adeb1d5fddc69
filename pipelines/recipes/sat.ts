/** @file Scale-adjusted training. */
import { cgPact } from "../../quantizers/learned/pact.ts";
import { sat } from "../../quantizers/learned/sat.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const satRecipe = recipeEntry({
  name: "sat",
  summary:
    "weights transformed by tanh and rescaled, learned clipping levels; images stay float32 in the first layer, as in the authors' code",
  source: "Jin et al. 2019, arXiv:1912.10207",
  options: {
    bits: bitsOption(4, "of weights and activations; weights of the first and the last layer have 8"),
  },
  make: ({ bits }) => ({
    quantization: [
      {
        weight: { bits, quantizer: sat() },
        activation: { bits, quantizer: cgPact() },
        gradient: { bits: 32 },
      },
      { layer: "first", weight: { bits: 8 }, activation: { bits: 32 } },
      { layer: "last", weight: { bits: 8 } },
    ],
  }),
});
