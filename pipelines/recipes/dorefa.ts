/** @file DoReFa-Net. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { dorefaEntry } from "../../quantizers/dorefa.ts";
import { bitsOption, endsInFloat32, recipeEntry } from "./recipeEntry.ts";

export const dorefaRecipe = recipeEntry({
  name: "dorefa",
  summary:
    "tanh weights, activations in [0, 1], gradients with noise; first and last layer in float32; made for batch normalization",
  source: "Zhou et al. 2016, arXiv:1606.06160",
  options: {
    bits: bitsOption(4, "of weights and activations"),
    gradientBits: bitsOption(8, "of gradients"),
  },
  make: ({ bits, gradientBits }) => {
    const quantizer = quantizerWith(dorefaEntry);
    return {
      quantization: [
        {
          weight: { bits, quantizer },
          activation: { bits, quantizer },
          gradient: { bits: gradientBits, quantizer },
        },
        ...endsInFloat32,
      ],
    };
  },
});
