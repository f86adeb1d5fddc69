import { nanToNum } from "../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../core/options.ts";
import { absMax, symmetricRange } from "../core/range.ts";
import { roles } from "../core/signal.ts";
import { fixed } from "./estimators/fixed.ts";
import { sat } from "./learned/sat.ts";
import { unchanged } from "./learned/unchanged.ts";
import type { WeightTransform } from "./learned/weightTransform.ts";
import { byBucket } from "./projections/buckets.ts";
import { oddBits, ontoEvenLevels } from "./projections/evenLevels.ts";
import type { Projected, Projecting, Projection } from "./projections/projection.ts";
import { extremesOf, rowLength } from "./projections/rows.ts";
import { byOwnName, type NamedEstimator } from "./quantizer.ts";
import { quantizerEntry } from "./quantizerEntry.ts";
import { withProjection } from "./withProjection.ts";

const bent = sat({ grid: "original", rescale: "none" });

/**
 * Weights of DoReFa: mapped into [-1, 1] by tanh and rounded to odd multiples of 1 / (2^k - 1), which is SAT without its scale. At
 * 32 bits, e.g. in the first and last layer, they are unchanged.
 *
 * The standard deviation of the weights is not restored, so a layer multiplies its output by 1 / max|tanh(w)|, about 2 to 4 for
 * initial weights. DoReFa's networks have batch normalization behind each layer, which divides by it; without one use `sat({ grid:
 * "original", rescale: "stddev" })`.
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

/** Activations of DoReFa are between 0 and 1. */
const dorefaRange: NamedEstimator = byOwnName(fixed({ lo: 0, hi: 1 }));

const declared = options({
  per: {
    type: "choice",
    choices: ["tensor", "sample"],
    default: "tensor",
    help: "gradients use the largest magnitude of the range, or that of each sample, as in an author's code",
  },
});

/** Quantizes each sample on levels up to its own largest magnitude. */
const ontoLevelsOfSamples = (x: Float32Array, how: Projecting): Projected => {
  const { bits, noise, range } = how;
  const known = nanToNum(x, range);
  return byBucket(known, rowLength(how), noise, (row, noise) => {
    const [lo, hi] = extremesOf(row, 0, row.length);
    const { values, clipped } = ontoEvenLevels(row, {
      range: symmetricRange(absMax({ lo, hi })),
      bits,
      noise,
    });
    return { values, clipped };
  });
};

/**
 * Gradients of DoReFa: odd multiples of m / a, where m is the largest magnitude of the range and a = 2^k - 1, with noise N of one
 * step.
 *
 *     2 m (clamp(round(a (g / 2m + 1/2) + a N), 0, a) / a - 1/2),   a N in (-1/2, 1/2)
 *
 * With the estimator `currentMinMax`, m is that of the tensor. Up to 7 bits such gradients are multiplied as integers, 2 q - a for
 * each code q. 0 is not a level, so zeros become m / a or -m / a: at low bit widths, noise on every element that ReLU or a pool has
 * zeroed.
 *
 * @param per `tensor`: one m for the tensor. `sample`: an m per sample, as in an author's code; levels then follow the tensor, and
 *   products are float32. Default: `tensor`.
 * @example
 * tryProjection(dorefaGradients(), [-1, 0.1, 1], { bits: 2 }).values; // [-1, 0.3333333, 1]
 * @see Zhou et al. 2016, arXiv:1606.06160; tensorpack, examples/DoReFa-Net/dorefa.py, for one m a sample
 */
export const dorefaGradients = (given: Given<typeof declared> = {}): Projection => {
  const { per } = withDefaults(declared, given, "dorefa");
  const both = { name: "dorefa", rounding: "stochastic", roles: ["gradient"] } as const;
  return per === "sample"
    ? { ...both, options: { per }, follows: "tensor", project: ontoLevelsOfSamples }
    : {
        ...both,
        follows: "range",
        integerBits: oddBits,
        project: (x, { range, bits, noise }) =>
          ontoEvenLevels(x, { range: symmetricRange(absMax(range)), bits, noise }),
      };
};

/** `dorefa` in the catalogue of quantizers. */
export const dorefaEntry = quantizerEntry({
  name: "dorefa",
  summary: "tanh weights, activations in [0, 1], gradients with noise; integers up to 7 bits",
  source: "Zhou et al. 2016, arXiv:1606.06160",
  note: "Weights fill [-1, 1], which needs batch normalization; without it, sat:grid=original,rescale=stddev restores their standard deviation (docs/what-does-not-train.md).",
  roles,
  isInteger: true,
  options: declared,
  make: (values) => (base, role) => {
    switch (role) {
      case "weight":
        return { ...base, transform: dorefaWeights() };
      case "activation":
        return { ...base, scheme: "affine", rounding: "nearest", estimator: dorefaRange };
      case "gradient":
        return withProjection(base, dorefaGradients(values));
    }
  },
});
