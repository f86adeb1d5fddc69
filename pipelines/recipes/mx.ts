/** @file Microscaling formats. */
import { asQuantizer } from "../../quantizers/catalogue/asQuantizer.ts";
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import { mxEntry } from "../../quantizers/projections/mx.ts";
import type { SitePlan } from "../../quantizers/rules/rule.ts";
import { bitsOption, recipeEntry } from "./recipeEntry.ts";

const elements = ["float", "int"] as const;

export const mxRecipe = recipeEntry({
  name: "mx",
  summary:
    "microscaling formats: MXFP8, with 6 and 4 bits MXFP6 and MXFP4, and products in float32; with element=int MXINT8, and products of integers inside blocks",
  source: "OCP Microscaling Formats (MX) 1.0",
  options: {
    bits: bitsOption(8, "of weights, activations and gradients"),
    element: {
      type: "choice",
      choices: elements,
      default: "float",
      help: "floating-point numbers or integers",
    },
    rounding: {
      type: "choice",
      choices: ["nearest", "stochastic"],
      default: "nearest",
      help: "rounding of gradients",
    },
  },
  clash: ({ bits, element }) =>
    element === "float" && ![4, 6, 8].includes(bits)
      ? { found: `bits=${bits} with element=float`, expected: "4, 6 or 8" }
      : undefined,
  make: ({ bits, element, rounding }) => {
    const products = element === "int" ? "blocks" : "float32";
    const plan: SitePlan = { bits, quantizer: quantizerWith(mxEntry, { element, products }) };
    const gradient: SitePlan = {
      bits,
      quantizer: quantizerWith(asQuantizer(mxEntry), { element, products, rounding }),
    };
    return { quantization: [{ weight: plan, activation: plan, gradient }] };
  },
});
