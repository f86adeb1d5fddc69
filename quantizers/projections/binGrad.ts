import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { square } from "../../core/square.ts";
import { bucketOption, byBucket } from "./buckets.ts";
import { projectOnto } from "./codebook.ts";
import type { Noise, Projected, Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";
import { sortedSample } from "./sorted.ts";

const declared = options({
  form: {
    type: "choice",
    choices: ["pb", "b"],
    default: "pb",
    help: "pb: levels +-b, stochastic between them and clipped beyond; b: the nearer of two means",
  },
  bucket: bucketOption("a pair of levels"),
});

/**
 * The bound b of the pair of levels +-b with the smallest expected error, clipping included:
 *
 *     error(b) = sum of b^2 - v^2 over |v| <= b, and of (|v| - b)^2 beyond
 *
 * Its slope, 2 (N b - sum of |v| beyond b), increases with b and jumps at each |v|. The best b is therefore where the slope is 0, b
 * = (1/N) sum of the k largest |v|, or the |v| at which the slope changes its sign.
 *
 * @param ascending magnitudes
 */
export const partlyBiasedLevel = (ascending: Float32Array): number => {
  let sum = 0;
  for (let i = ascending.length - 1; i >= 0; i--) {
    const smallest = ascending[i] as number;
    sum += smallest;
    const balanced = sum / ascending.length;
    const next = ascending[i - 1] ?? 0;
    if (balanced > next) return Math.min(balanced, smallest);
  }
  return 0;
};

/** Two levels, and the threshold between them. */
export interface Pair {
  readonly lower: number;
  readonly threshold: number;
  readonly upper: number;
}

/**
 * The pair of levels with the smallest squared error: each level is the mean of the values on its side of the threshold, which is
 * half way between the levels. Of all splits of the values, the one is chosen whose means explain most:
 *
 *     sum of squares = lower^2 n_lower + upper^2 n_upper + squared error
 *
 * @param ascending values
 */
export const biasedPair = (ascending: Float32Array): Pair => {
  const n = ascending.length;
  const whole = ascending.reduce((sum, v) => sum + v, 0);
  let best = { explained: Number.NEGATIVE_INFINITY, lower: whole / n, upper: whole / n };
  let below = 0;
  for (let split = 1; split < n; split++) {
    below += ascending[split - 1] as number;
    const above = whole - below;
    const explained = square(below) / split + square(above) / (n - split);
    if (explained > best.explained) best = { explained, lower: below / split, upper: above / (n - split) };
  }
  return { lower: best.lower, threshold: (best.lower + best.upper) / 2, upper: best.upper };
};

/**
 * Gradients on two levels, whatever the bits. Levels follow the tensor; the estimator's range is not used.
 *
 * @param form `pb` (partly biased): the levels +-b with the best b, stochastic rounding between them, and clipping beyond. `b`
 *   (biased): the nearer level of the best pair, without noise. Default: `pb`.
 * @param bucket number of elements that share a pair of levels; 0 for the whole tensor. Default: 0.
 * @example
 * tryProjection(binGrad({ form: "b" }), [-1, -0.8, 0.4, 0.6]).values; // [-0.9, -0.9, 0.5, 0.5]
 * @see Xu, Huo and Huang 2020, arXiv:2002.11082, abstract only: the conditions are derived (docs/methods.md section 6)
 */
export const binGrad = (given: Given<typeof declared> = {}): Projection => {
  const { form, bucket } = withDefaults(declared, given, "binGrad");
  const onPair = (x: Float32Array, noise: Noise | undefined): Projected => {
    if (form === "pb") {
      const b = partlyBiasedLevel(sortedSample(x.map(Math.abs)));
      return projectOnto({ levels: Float32Array.of(-b, b) }, x, { noise });
    }
    const { lower, threshold, upper } = biasedPair(sortedSample(x));
    return { values: x.map((v) => (v > threshold ? upper : lower)), clipped: 0 };
  };
  return {
    name: "binGrad",
    options: { form, ...(bucket > 0 && { bucket }) },
    follows: "tensor",
    rounding: "stochastic",
    roles: ["gradient"],
    project: (x, { range, noise }) =>
      x.length === 0
        ? { values: new Float32Array(0), clipped: 0 }
        : byBucket(nanToNum(x, range), bucket, noise, onPair),
  };
};

/** `binGrad` in the catalogue of quantizers. */
export const binGradEntry = projectionEntry({
  name: "binGrad",
  summary: "two levels, for any number of bits",
  source: "Xu, Huo and Huang 2020, arXiv:2002.11082; derived from the abstract",
  note: "Biased: classifiers diverge unless gradients of the last layer stay float32 (--last-bits 32/32/32); form=b also needs bucket=16 or fewer (docs/what-does-not-train.md).",
  options: declared,
  make: binGrad,
});
