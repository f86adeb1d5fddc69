import type { Range } from "../../core/range.ts";
import { withZero } from "../../core/range.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

/**
 * Grid of StatQuant's per-tensor quantizer: `zero` steps below 0 and the rest above, so that 0 is a level.
 *
 *     zero = floor(-lo steps / (hi - lo));   hi <- (steps - zero) (-lo) / zero, which widens it
 *
 * If the tensor extends below 0 by less than a step, this would divide by zero; it then has one step below 0.
 */
export const snappedGrid = (
  range: Range,
  steps: number,
): { readonly step: number; readonly zero: number } => {
  const { lo, hi } = withZero(range);
  if (lo === 0) return { step: hi / steps, zero: 0 };
  // -lo / -lo may be computed as slightly below 1, and the product then as one step too few.
  const zero = hi === 0 ? steps : Math.floor((-lo * steps) / (hi - lo));
  return zero === 0 ? { step: hi / (steps - 1), zero: 1 } : { step: -lo / zero, zero };
};

/**
 * Per-tensor quantization of gradients as in StatQuant (PTQ): noise is added, then values are clamped, then rounded.
 *
 *     B = 2^bits - 1;   x -> (round(clamp(x / step + zero + u, 0, B)) - zero) step
 *
 * A range in hindsight clips. `uniform` is nearly the same, in integers.
 *
 * @example
 * tryProjection(ptq(), [-1, 0.4, 2], { bits: 2 }).values; // [-1, 0, 2]
 * @see Chen et al. 2020, arXiv:2010.14298, PTQ; as in the authors' code but for their 1e-8 beside both ends, since gradients of 1e-9 are data
 */
export const ptq = (): Projection => ({
  name: "ptq",
  follows: "range",
  rounding: "stochastic",
  roles: ["gradient"],
  project: (x, { range, bits, noise }) => {
    const steps = 2 ** bits - 1;
    const { step, zero } = snappedGrid(range, steps);
    const values = new Float32Array(x.length);
    let clipped = 0;
    if (step === 0) return { values, clipped };
    const noises = noise?.(x.length);
    const [lo, hi] = [Math.min(range.lo, 0), Math.max(range.hi, 0)];
    for (let i = 0; i < x.length; i++) {
      const v = x[i] as number;
      if (v < lo || v > hi) clipped++;
      const place = v / step + zero + (noises ? (noises[i] as number) : 0);
      if (!Number.isNaN(v))
        values[i] = (roundHalfEvenSmall(Math.min(Math.max(place, 0), steps)) - zero) * step;
    }
    return { values, clipped };
  },
});

/** `ptq` in the catalogue of quantizers. */
export const ptqEntry = projectionEntry({
  name: "ptq",
  summary: "StatQuant's grid for the whole tensor",
  source: "Chen et al. 2020, arXiv:2010.14298",
  options: {},
  make: ptq,
});
