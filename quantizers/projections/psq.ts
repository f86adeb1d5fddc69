import { nanToNum } from "../../core/nanToNum.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";
import { roundRow, rowLength } from "./rows.ts";

/**
 * Per-sample quantization of gradients (PSQ): each sample has a grid of 2^bits - 1 steps between its own extremes; 0 need not be a
 * level. The bound on the variance has the mean of R_i^2 in place of the tensor's R^2, which helps because few samples have large
 * gradients.
 *
 *     variance <= D sum R_i^2 / (4 B^2),   R_i = range of sample i, D = its elements, B = 2^bits - 1
 *
 * Levels follow the tensor; the estimator's range is not used.
 *
 * @example
 * // Two samples of two elements.
 * tryProjection(psq(), [0, 0.4, 0, 40], { shape: [2, 1, 1, 2], bits: 2 }).values; // [0, 0.4, 0, 40]
 * @see Chen et al. 2020, arXiv:2010.14298, PSQ; as in the authors' code but for their 1e-8 beside both ends
 */
export const psq = (): Projection => ({
  name: "psq",
  follows: "tensor",
  rounding: "stochastic",
  roles: ["gradient"],
  project: (x, how) => {
    const row = rowLength(how);
    const values = Float32Array.from(nanToNum(x, how.range));
    const noises = how.noise?.(x.length);
    for (let first = 0; first < x.length; first += row)
      roundRow(values, first, first + row, 2 ** how.bits - 1, noises);
    return { values, clipped: 0 };
  },
});

/** `psq` in the catalogue of quantizers. */
export const psqEntry = projectionEntry({
  name: "psq",
  summary: "grid per sample, between its own min and max",
  source: "Chen et al. 2020, arXiv:2010.14298",
  options: {},
  make: psq,
});
