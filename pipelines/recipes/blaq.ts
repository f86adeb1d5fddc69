/** @file BLAQ. */
import { laq } from "../../quantizers/projections/laq.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const blaqRecipe = recipeEntry({
  name: "blaq",
  summary:
    "ternary weights, weighted by Adam's curvatures, with trial steps; reconstructed from the appendix; rate, bits and layers are Rangeflow's choice",
  source: "Ma et al. 2024, arXiv:2401.16760",
  options: { bits: bitsOption(2, "of weights") },
  make: ({ bits }) => ({
    quantization: [{ weight: { bits, quantizer: laq() }, activation: { bits: 32 }, gradient: { bits: 32 } }],
    training: { optimizer: "blaq", momentum: 0, lr: 0.002 },
  }),
});
