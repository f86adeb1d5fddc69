/** @file WAGEUBN. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { wageubnEntry } from "../../quantizers/grids/wageubn.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const wageubnRecipe = recipeEntry({
  name: "wageubn",
  summary: "step sizes of powers of two everywhere; its bits for normalization and updates are left out",
  source: "Yang et al. 2019, arXiv:1909.02384",
  options: { bits: bitsOption(8, "of weights, activations and gradients") },
  make: ({ bits }) => {
    const plan = { bits, quantizer: quantizerWith(wageubnEntry) };
    return { quantization: [{ weight: plan, activation: plan, gradient: plan }] };
  },
});
