import { roundLog2 } from "../../core/powers.ts";
import { absMax } from "../../core/range.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

/** Smallest exponent of a float32 number; anything below is 0. */
const leastExponent = -149;

/**
 * WAGEUBN's quantizer of errors that come back through a convolution (E2), with a flag bit for a second grid below the first step:
 *
 *     R = 2^round(log2 max|x|),   unit = R / 2^(bits-1)
 *     |x| >= unit   clamp(round(x / unit), -top, top) unit,   top = 2^(bits-1) - 1
 *     |x| <  unit   round(2^(bits-1) x / unit) unit / 2^(bits-1)
 *
 * R may be below the largest magnitude, which is then clipped. The other quantizers of WAGEUBN are uniform with a power-of-two
 * scale (`powerNear`), so they stay integers.
 *
 * @example
 * tryProjection(wageubnE2(), [0.9, 0.01, 0.001], { bits: 4 }).values; // [0.875, 0.015625, 0]
 * @see Yang et al. 2019, arXiv:1909.02384, E2, as in the authors' code
 */
export const wageubnE2 = (): Projection => ({
  name: "wageubnE2",
  follows: "range",
  rounding: "nearest",
  roles: ["gradient"],
  project: (x, { bits, range }) => {
    const most = absMax(range);
    const values = new Float32Array(x.length);
    if (most === 0) return { values, clipped: 0 };
    const half = 2 ** (bits - 1);
    const unit = 2 ** Math.max(roundLog2(most), leastExponent) / half;
    const end = (half - 1) * unit;
    let clipped = 0;
    for (let i = 0; i < x.length; i++) {
      const v = x[i] as number;
      if (Math.abs(v) > most) clipped++;
      const step = Math.abs(v) < unit ? unit / half : unit;
      const level = Math.abs(v) > end ? Math.sign(v) * end : roundHalfEvenSmall(v / step) * step;
      values[i] = Number.isNaN(v) ? 0 : level;
    }
    return { values, clipped };
  },
});

/** `wageubnE2` in the catalogue of quantizers. */
export const wageubnE2Entry = projectionEntry({
  name: "wageubnE2",
  summary: "as wageubn, with a second grid below the first step",
  source: "Yang et al. 2019, arXiv:1909.02384",
  options: {},
  make: wageubnE2,
});
