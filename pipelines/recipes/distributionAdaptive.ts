/** @file Distribution-adaptive quantization of gradients. */
import { distributionAdaptive } from "../../quantizers/estimators/distributionAdaptive.ts";
import { perChannel } from "../../quantizers/projections/perChannel.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const distributionAdaptiveRecipe = recipeEntry({
  name: "distributionAdaptive",
  summary:
    "range per channel of gradients, from its distribution; first bound and rounding are Rangeflow's choice",
  source: "arXiv:2102.04782",
  options: { bits: bitsOption(8, "of weights, activations and gradients") },
  make: ({ bits }) => ({
    quantization: [
      {
        weight: { bits },
        activation: { bits },
        gradient: { bits, range: distributionAdaptive(), quantizer: perChannel() },
      },
    ],
  }),
});
