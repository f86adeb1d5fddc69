import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { bucketOption, byBucket } from "./buckets.ts";
import { projectOnto } from "./codebook.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";
import { extremesOf } from "./rows.ts";
import { sortedSample } from "./sorted.ts";

const declared = options({ bucket: bucketOption("levels") });

/**
 * 2^depth + 1 levels between the bounds of a tensor that give stochastic rounding a small variance. The interval is bisected
 * recursively at the element that satisfies, for the values v in it,
 *
 *     number of values above the level = kappa = sum (v - lo) / (hi - lo)
 *
 * so the level is the ceil(kappa)-th largest of them.
 *
 * @param ascending the values to choose levels by
 */
export const orqLevels = (ascending: Float32Array, lo: number, hi: number, depth: number): Float32Array => {
  const levels = new Float32Array(2 ** depth + 1);
  const halve = (first: number, last: number, from: number, end: number): void => {
    if (last - first < 2) return;
    const [below, above] = [levels[first] as number, levels[last] as number];
    let sum = 0;
    for (let i = from; i < end; i++) sum += (ascending[i] as number) - below;
    const kappa = above > below ? sum / (above - below) : 0;
    const place = Math.min(Math.max(end - Math.ceil(kappa), from), end - 1);
    const middle = (first + last) / 2;
    levels[middle] = end > from ? (ascending[place] as number) : (below + above) / 2;
    halve(first, middle, from, Math.max(place, from));
    halve(middle, last, Math.max(place, from), end);
  };
  levels[0] = lo;
  levels[levels.length - 1] = hi;
  halve(0, levels.length - 1, 0, ascending.length);
  return levels;
};

/**
 * Optimal rounding of gradients (ORQ): 2^(bits-1) + 1 levels at the positions of smallest variance, the tensor's extremes included,
 * with stochastic rounding between neighbours, which is unbiased for any levels. Levels follow the tensor; the estimator's range is
 * not used.
 *
 * @param bucket number of elements that share levels; 0 for the whole tensor. Default: 0.
 * @example
 * tryProjection(orq(), [0, 0.1, 0.2, 0.3, 1], { bits: 2 }).values; // [0, 0, 0.3, 0.3, 1]
 * @see Xu, Huo and Huang 2020, arXiv:2002.11082, abstract only: the condition of the levels is derived, and their order of
 * bisection our choice (docs/methods.md section 6)
 */
export const orq = (given: Given<typeof declared> = {}): Projection => {
  const { bucket } = withDefaults(declared, given, "orq");
  return {
    name: "orq",
    ...(bucket > 0 && { options: { bucket } }),
    follows: "tensor",
    rounding: "stochastic",
    roles: ["gradient"],
    project: (x, { range, bits, noise }) =>
      x.length === 0
        ? { values: new Float32Array(0), clipped: 0 }
        : byBucket(nanToNum(x, range), bucket, noise, (part, noise) => {
            const [lo, hi] = extremesOf(part, 0, part.length);
            return projectOnto({ levels: orqLevels(sortedSample(part), lo, hi, bits - 1) }, part, { noise });
          }),
  };
};

/** `orq` in the catalogue of quantizers. */
export const orqEntry = projectionEntry({
  name: "orq",
  summary: "2^(bits-1)+1 levels where stochastic rounding has the least variance",
  source: "Xu, Huo and Huang 2020, arXiv:2002.11082; derived from the abstract",
  options: declared,
  make: orq,
});
