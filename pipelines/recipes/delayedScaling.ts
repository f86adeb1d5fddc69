/** @file Delayed scaling. */
import { delayedScaling } from "../../quantizers/estimators/delayedScaling.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

export const delayedScalingRecipe = recipeEntry({
  name: "delayedScaling",
  summary: "ranges of activations and gradients from the largest magnitude of the last 1024 tensors",
  source: "NVIDIA TransformerEngine, in integers",
  options: {
    bits: bitsOption(8, "of weights, activations and gradients"),
    length: { type: "integer", default: 1024, least: 1, most: 2 ** 31, help: "number of preceding tensors" },
  },
  make: ({ bits, length }) => ({
    quantization: [
      {
        weight: { bits },
        activation: { bits, range: delayedScaling({ length }), scheme: "symmetric" },
        gradient: { bits, range: delayedScaling({ length }), scheme: "symmetric" },
      },
    ],
  }),
});
