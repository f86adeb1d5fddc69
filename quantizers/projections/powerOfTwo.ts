import { ceilLog2, nearestLog2 } from "../../core/powers.ts";
import { absMax } from "../../core/range.ts";
import { powersUpTo, projectOntoPowers } from "./powers.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

/**
 * Levels 0 and +-2^k. `bits` bits have 2^(bits-1) - 1 magnitudes, downwards from the power nearest to the largest magnitude of the
 * range:
 *
 *     nearest      2^floor(log2|x| + log2(4/3)); 0 below half of the smallest magnitude
 *     stochastic   one of both neighbours, unbiased; the largest power is then the one above the largest magnitude of the range
 *
 * @example
 * tryProjection(powerOfTwo(), [0.3, 0.6, -1], { bits: 3 }).values; // [0.25, 0.5, -1]
 * @see Chmiel et al. 2023, arXiv:2112.10769, for the nearest power (docs/methods.md 8.6, seen in the full text)
 */
export const powerOfTwo = (): Projection => ({
  name: "powerOfTwo",
  follows: "range",
  project: (x, { bits, range, noise }) => {
    const limit = absMax(range);
    const top = limit > 0 ? 2 ** (noise ? ceilLog2 : nearestLog2)(limit) : 0;
    return projectOntoPowers(powersUpTo(top, 2 ** (bits - 1) - 1), limit, x, { noise });
  },
});

/** `powerOfTwo` in the catalogue of quantizers. */
export const powerOfTwoEntry = projectionEntry({
  name: "powerOfTwo",
  summary:
    "zero and powers of two, downward from the bound of the range; their number and that bound are Rangeflow's choice",
  source: "nearest power: Chmiel et al. 2023, arXiv:2112.10769",
  options: {},
  make: powerOfTwo,
});
