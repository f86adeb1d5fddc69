/** @file Direct Quantization. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { directQuantizationEntry } from "../../quantizers/directQuantization.ts";
import { bitsOption, endsInFloat32, recipeEntry } from "./recipeEntry.ts";

export const directQuantizationRecipe = recipeEntry({
  name: "directQuantization",
  summary:
    "weights that are learned levels from the start, activation bounds that weigh the errors of channels; reconstructed from an abstract; optimizer, rate and float32 first and last layer are Rangeflow's choice",
  source: "Hoang et al. 2020, arXiv:2012.13762, its abstract",
  options: {
    bits: bitsOption(4, "of weights"),
    activationBits: {
      type: "integer",
      default: 4,
      least: 2,
      most: 32,
      help: "bits of activations, 2 to 8, or 32 for float32",
    },
  },
  make: ({ bits, activationBits }) => {
    const quantizer = quantizerWith(directQuantizationEntry);
    return {
      quantization: [
        {
          weight: { bits, quantizer },
          activation: activationBits === 32 ? { bits: 32 } : { bits: activationBits, quantizer },
          gradient: { bits: 32 },
        },
        ...endsInFloat32,
      ],
      training: { optimizer: "direct", lr: 0.05 },
    };
  },
});
