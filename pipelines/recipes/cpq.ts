/** @file Cluster-promoting quantization with DropBits. */
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { cpqEntry } from "../../quantizers/learned/cpq.ts";
import { lsq } from "../../quantizers/learned/lsq.ts";
import { bitsOption, endsInFloat32, recipeEntry } from "./recipeEntry.ts";

export const cpqRecipe = recipeEntry({
  name: "cpq",
  summary:
    "weights as categories of grid points, whose topmost bits learned masks drop; reconstructed, with activations of LSQ; first and last layer in float32",
  source: "Lee et al. 2021, arXiv:2109.02100",
  options: {
    bits: bitsOption(4, "of weights and activations"),
    drop: {
      type: "number",
      default: 0.1,
      least: 0,
      most: 0.9,
      help: "probability that a bit is dropped in the first step; 0: no bit is ever dropped",
    },
  },
  make: ({ bits, drop }) => ({
    quantization: [
      {
        weight: { bits, quantizer: quantizerWith(cpqEntry, { drop }) },
        activation: { bits, quantizer: lsq() },
        gradient: { bits: 32 },
      },
      ...endsInFloat32,
    ],
  }),
});
