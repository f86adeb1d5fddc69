import { type Given, options, withDefaults } from "../../core/options.ts";
import { sampleDeviation } from "../moments.ts";
import { sign } from "./learnedEntry.ts";
import { type LearnedRange, notZero, upTo } from "./learnedRange.ts";

const declared = options({ sign });

/** Options of `channelBound`, for catalogue entries that share them. */
export const channelBoundOptions = declared;

/** The initial bound, in standard deviations of the first tensor. */
const deviations = 3;

/**
 * Activations of Direct Quantization: a bound trained to minimize the rounding and clipping errors, where the error of
 * each channel is divided by its variance, so that a few wide channels do not dominate. The loss does not contribute.
 *
 *     error = mean over channels c of   mean (xq - x)^2 over c / max(var_c, 0.01 mean var)
 *     d error / d bound = sum of 2 (xq - x) (xq - inside x) / bound, weighted likewise,   inside = 1 where lo < x < hi, else 0
 *
 * A reconstruction, not reproduced: only the abstract of the paper was available. It states that the errors of single
 * channels are taken into account; division by variances and everything else is ours.
 *
 * @param sign whether there are levels below 0: `signed`, `unsigned`, or `auto`, signed if the first tensor has
 *   elements there. Default: `auto`.
 * @example
 * channelBound().range(3, { bits: 4, isSigned: false }); // { lo: 0, hi: 3 }
 * @see Hoang et al. 2020, arXiv:2012.13762, its abstract (docs/methods.md 7.4)
 */
export const channelBound = (given: Given<typeof declared> = {}): LearnedRange => ({
  name: "directQuantization",
  roles: ["activation"],
  parameter: "bound",
  sign: withDefaults(declared, given, "channelBound").sign,
  start: (first) => deviations * sampleDeviation(first),
  range: upTo,
  residual: true,
  objective: "channelErrors",
  gradientScale: () => 1,
  learning: { optimizer: "network", decays: false, keep: notZero },
});
