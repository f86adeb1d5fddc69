import { type Given, options, withDefaults } from "../../core/options.ts";
import { absMax } from "../../core/range.ts";
import { powersUpTo, projectOntoPowers } from "./powers.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

const declared = options({
  levels: {
    type: "integer",
    optional: true,
    least: 1,
    most: 127,
    help: "number of magnitudes besides zero; default: as many as the bits hold",
  },
  draws: {
    type: "integer",
    default: 1,
    least: 1,
    most: 64,
    help: "number of independent draws that are averaged (SMP)",
  },
});

/**
 * Logarithmic unbiased quantization (LUQ) of gradients, to 0 and the magnitudes a, 2a, 4a, .., max, where max is the largest
 * magnitude of the range:
 *
 *     a = max / 2^(E-1)
 *     |x| <  a   sign(x) a with probability |x| / a, else 0
 *     |x| >= a   lo = a 2^floor(log2(|x| / a)); 2 lo with probability (|x| - lo) / lo, else lo
 *
 * Nothing is clipped if the range contains the tensor; a range in hindsight may clip.
 *
 * @param levels number of magnitudes E. Default: 2^(bits-1) - 1, which `bits` bits can represent beside 0 and the sign.
 * @param draws number of independent draws to average (SMP), which divides the variance by it. Default: 1.
 * @example
 * tryProjection(luq({ levels: 3 }), [0.1, 0.3, -0.9], { range: { lo: -1, hi: 1 } }).values; // [0, 0.25, -1]
 * @see Chmiel et al. 2023, arXiv:2112.10769, full text. Its exponent for E is not readable there, so E is an option.
 */
export const luq = (given: Given<typeof declared> = {}): Projection => {
  const { levels, draws } = withDefaults(declared, given, "luq");
  return {
    name: "luq",
    options: { draws, ...(levels !== undefined && { levels }) },
    follows: "range",
    rounding: "stochastic",
    roles: ["gradient"],
    project: (x, { bits, range, noise }) => {
      const most = absMax(range);
      return projectOntoPowers(powersUpTo(most, levels ?? 2 ** (bits - 1) - 1), most, x, { noise }, draws);
    },
  };
};

/** `luq` in the catalogue of quantizers. */
export const luqEntry = projectionEntry({
  name: "luq",
  summary:
    "logarithmic and unbiased, up to the bound of the range; the number of levels by bits is Rangeflow's choice",
  source: "Chmiel et al. 2023, arXiv:2112.10769",
  options: declared,
  make: luq,
});
