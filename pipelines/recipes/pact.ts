/** @file Parameterized clipping activation. */
import { pact } from "../../quantizers/learned/pact.ts";
import { bitsOption, endsInFloat32, recipeEntry } from "./recipeEntry.ts";

export const pactRecipe = recipeEntry({
  name: "pact",
  summary:
    "learned clipping levels of activations; weights by min-max, where the paper has those of DoReFa; first and last layer in float32",
  source: "Choi et al. 2018, arXiv:1805.06085",
  options: { bits: bitsOption(4, "of weights and activations") },
  make: ({ bits }) => ({
    quantization: [
      { weight: { bits }, activation: { bits, quantizer: pact() }, gradient: { bits: 32 } },
      ...endsInFloat32,
    ],
  }),
});
