/** @file LogBTQ. */
import { fixed } from "../../quantizers/estimators/fixed.ts";
import { recipeEntry } from "./recipeEntry.ts";

export const logBtqRecipe = recipeEntry({
  name: "logBtq",
  summary:
    "a log barrier on weights keeps 16-bit sums from overflowing; reconstructed from the abstract, with weights of fixed range",
  source: "Li et al. 2021, OpenReview igkmo23BgzB",
  options: {
    accumulator: {
      type: "integer",
      default: 16,
      least: 2,
      most: 31,
      help: "bits of the accumulator of forward sums",
    },
    barrier: { type: "number", default: 30, least: 0, most: 1e6, help: "weight of the barrier in the loss" },
  },
  make: ({ accumulator, barrier }) => ({
    quantization: [
      {
        weight: { bits: 8, range: fixed({ lo: -1, hi: 1 }) },
        activation: { bits: 7 },
        gradient: { bits: 8 },
      },
    ],
    training: {
      accumulator: { bits: accumulator, overflow: "saturate", backward: false },
      barrier,
      lr: 0.01,
    },
  }),
});
