import { type Given, options, withDefaults } from "../../core/options.ts";
import { sampleDeviation } from "../moments.ts";
import { learnedEntry, sign } from "./learnedEntry.ts";
import { type LearnedRange, notZero, upTo } from "./learnedRange.ts";

const declared = options({ sign });

/** Variance of the magnitude of a standard normal number. */
const halfNormal = 1 - 2 / Math.PI;

/**
 * The learned bound of LBT for weights and activations, trained with Adam. It starts at three standard deviations: of
 * the first tensor if there are levels below 0, otherwise of the normal distribution whose magnitudes have the first
 * tensor's deviation.
 *
 * @param sign whether there are levels below 0: `signed`, `unsigned`, or `auto`, signed if the first tensor has
 *   elements there. Default: `auto`.
 * @example
 * learnedBound().range(3, { bits: 4, isSigned: false }); // { lo: 0, hi: 3 }
 * @see Kim et al. 2024, arXiv:2407.12637, and their code
 */
export const learnedBound = (given: Given<typeof declared> = {}): LearnedRange => ({
  name: "lbt",
  roles: ["weight", "activation"],
  parameter: "bound",
  sign: withDefaults(declared, given, "learnedBound").sign,
  start: (first, { isSigned }) => (3 * sampleDeviation(first)) / (isSigned ? 1 : Math.sqrt(halfNormal)),
  range: upTo,
  residual: true,
  gradientScale: () => 1,
  learning: { optimizer: "adam", decays: false, keep: notZero },
});

/** `lbt` in the catalogue of quantizers. */
export const learnedBoundEntry = learnedEntry({
  name: "lbt",
  summary: "learned bound that starts at three standard deviations and learns with Adam",
  source: "Kim et al. 2024, arXiv:2407.12637",
  options: declared,
  make: learnedBound,
});
