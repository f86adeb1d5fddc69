/** @file WAGEUBN's grid: equal steps of a power of two near the range, so that rescaling is a shift. */
import { roles } from "../../core/signal.ts";
import { fixed } from "../estimators/fixed.ts";
import { byOwnName } from "../quantizer.ts";
import { quantizerEntry } from "../quantizerEntry.ts";

/**
 * `wageubn` in the catalogue of quantizers: the uniform grid `powerNear`, whose range is rounded to a power of two.
 *
 *     scale = 2^round(log2 max(|lo|, |hi|)) / 2^(bits-1)
 *
 * @example
 * const grid = uniformGrid({ scheme: "powerNear", bits: 8 }, "conv1/input")({ lo: -0.9, hi: 0.9 });
 * grid; // right({ bits: 8, qmin: -127, qmax: 127, scale: [0.0078125], zeroPoint: [0] })
 * @see Yang et al. 2019, arXiv:1909.02384; docs/methods.md 8.7
 */
export const wageubnEntry = quantizerEntry({
  name: "wageubn",
  summary:
    "uniform steps of a power of two near the range; rounds to nearest; weights on [-1, 1]; gradients as its E1",
  source: "Yang et al. 2019, arXiv:1909.02384",
  roles,
  isInteger: true,
  options: {},
  make: () => (base, role) => ({
    ...base,
    scheme: "powerNear",
    rounding: "nearest",
    ...(role === "weight" && {
      estimator: byOwnName(fixed({ lo: -1, hi: 1 })),
    }),
  }),
});
