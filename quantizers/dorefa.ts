import { absMax, symmetricRange } from "../core/range.ts";
import { fixed } from "./estimators/fixed.ts";
import { sat } from "./learned/sat.ts";
import { unchanged } from "./learned/unchanged.ts";
import type { WeightTransform } from "./learned/weightTransform.ts";
import { oddBits, ontoEvenLevels } from "./projections/evenLevels.ts";
import type { Projection } from "./projections/projection.ts";
import { byOwnName, type NamedEstimator } from "./quantizer.ts";
import { everyRole, quantizerEntry } from "./quantizerEntry.ts";
import { withProjection } from "./withProjection.ts";

const bent = sat({ grid: "original", rescale: "none" });

/**
 * Weights of DoReFa: bent into [-1, 1] by tanh and rounded to odd multiples of 1 / (2^k - 1), which is SAT without its scale. Those of
 * 32 bits, such as the ends of a network, stay as they are.
 *
 * Nothing gives the weights their deviation back, so a layer multiplies its output by 1 / max|tanh(w)|, about 2 to 4 for first values. DoReFa's
 * networks have batch normalization behind each layer, which divides by it; without one take `sat({ grid: "original", rescale: "stddev" })`.
 *
 * @example
 * dorefaWeights().transform(Float32Array.of(-1, 0.1, 2), { bits: 2, outputs: 1 }).values; // [-1, 0.3333333, 1]
 * @see Zhou et al. 2016, arXiv:1606.06160; 32 bits as in an author's code, tensorpack's examples/DoReFa-Net/dorefa.py
 */
export const dorefaWeights = (): WeightTransform => ({
  ...bent,
  name: "dorefa",
  transform: (w, weights) => (weights.bits === 32 ? unchanged(w) : bent.transform(w, weights)),
});

/** Activations of DoReFa lie between 0 and 1. */
export const dorefaRange: NamedEstimator = byOwnName(fixed({ lo: 0, hi: 1 }));

/**
 * Gradients of DoReFa: odd multiples of m / a, with m the largest magnitude of the range, a = 2^k - 1, and noise N of one step.
 *
 *     2 m (clamp(round(a (g / 2m + 1/2) + a N), 0, a) / a - 1/2),   a N in (-1/2, 1/2)
 *
 * DoReFa takes m of the tensor itself: currentMinMax. Up to 7 bits they are multiplied as integers, 2 q - a for each code q.
 *
 * @example
 * tryProjection(dorefaGradients(), [-1, 0.1, 1], { bits: 2 }).values; // [-1, 0.3333333, 1]
 */
export const dorefaGradients = (): Projection => ({
  name: "dorefa",
  follows: "range",
  rounding: "stochastic",
  roles: ["gradient"],
  integerBits: oddBits,
  project: (x, { range, bits, noise }) => {
    return ontoEvenLevels(x, { range: symmetricRange(absMax(range)), bits, noise });
  },
});

/** `dorefa` in the catalogue of quantizers. */
export const dorefaEntry = quantizerEntry({
  name: "dorefa",
  summary: "tanh weights, activations in [0, 1], noisy gradients; integers up to 7 bits",
  source: "Zhou et al. 2016, arXiv:1606.06160",
  roles: everyRole,
  isInteger: true,
  options: {},
  make: () => (base, role) => {
    switch (role) {
      case "weight":
        return { ...base, transform: dorefaWeights() };
      case "activation":
        return { ...base, scheme: "affine", rounding: "nearest", estimator: dorefaRange };
      case "gradient":
        return withProjection(base, dorefaGradients());
    }
  },
});
