/** @file The float32 baseline of every method. */
import { recipeEntry } from "./recipeEntry.ts";

export const float32Recipe = recipeEntry({
  name: "float32",
  summary: "nothing is quantized",
  source: "",
  options: {},
  make: () => ({
    quantization: [{ weight: { bits: 32 }, activation: { bits: 32 }, gradient: { bits: 32 } }],
  }),
});
