/** @file NITI. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { nitiEntry } from "../../quantizers/grids/niti.ts";
import { recipeEntry } from "./recipeEntry.ts";

export const nitiRecipe = recipeEntry({
  name: "niti",
  summary:
    "step sizes of powers of two everywhere, and integer updates of weights that are 8-bit integers themselves; noise and decay of widths are Rangeflow's choice",
  source: "Wang et al., NITI, released code",
  options: {},
  make: () => {
    const plan = { bits: 8, quantizer: quantizerWith(nitiEntry) };
    return {
      quantization: [{ weight: plan, activation: plan, gradient: plan }],
      training: { optimizer: "niti", lr: 0.125, momentum: 0, weightDecay: 0 },
    };
  },
});
