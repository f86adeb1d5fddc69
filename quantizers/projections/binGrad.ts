import { projectOnto } from "./codebook.ts";
import { finite } from "./finite.ts";
import type { Projected, Projection } from "./projection.ts";
import { sortedSample } from "./sorted.ts";

/** The b with b = (1/N) sum of all |v| >= b: the pair of levels +-b with the least expected error, clipping included. */
export const partlyBiasedLevel = (ascending: Float32Array): number => {
  let [sum, b] = [0, 0];
  for (let k = 1; k <= ascending.length; k++) {
    const smallest = ascending[ascending.length - k] as number;
    sum += smallest;
    b = sum / ascending.length;
    const next = k === ascending.length ? 0 : (ascending[ascending.length - k - 1] as number);
    if (smallest >= b && b > next) break;
  }
  return b;
};

/** Two levels and what is between them. */
export interface Pair {
  readonly lower: number;
  readonly threshold: number;
  readonly upper: number;
}

/**
 * The pair with the least squared error: each level is the mean of the values on its side of the threshold, and the threshold lies
 * half way between them (Lloyd's iteration from the mean). An empty side keeps its level.
 */
export const biasedPair = (ascending: Float32Array): Pair => {
  const sums = new Float64Array(ascending.length + 1);
  ascending.forEach((v, i) => {
    sums[i + 1] = (sums[i] as number) + v;
  });
  const n = ascending.length;
  let threshold = (sums[n] as number) / n;
  let [lower, upper] = [threshold, threshold];
  for (let round = 0; round < 100; round++) {
    let split = 0;
    while (split < n && (ascending[split] as number) <= threshold) split++;
    if (split > 0) lower = (sums[split] as number) / split;
    if (split < n) upper = ((sums[n] as number) - (sums[split] as number)) / (n - split);
    const next = (lower + upper) / 2;
    if (next === threshold) break;
    threshold = next;
  }
  return { lower, threshold, upper };
};

/**
 * Gradients of two levels, whatever the bits are.
 *
 *     pb  partly biased: +-b, stochastic rounding between and clipping outside, with the best b
 *     b   biased: to the nearer one of the best pair, without noise
 *
 * Levels follow the tensor, so the estimator's range is not used.
 *
 * @see Xu, Huo and Huang 2020, arXiv:2002.11082, abstract only: the conditions are derived (methods.md section 6)
 */
export const binGrad = ({ form = "pb" }: { readonly form?: "pb" | "b" } = {}): Projection => ({
  name: "binGrad",
  options: { form },
  follows: "tensor",
  roles: ["gradient"],
  project: (x, how): Projected => {
    if (x.length === 0) return { values: new Float32Array(0), clipped: 0 };
    const known = finite(x, how.range);
    if (form === "pb") {
      const b = partlyBiasedLevel(sortedSample(known.map(Math.abs)));
      return projectOnto({ levels: Float32Array.of(-b, b) }, known, how);
    }
    const { lower, threshold, upper } = biasedPair(sortedSample(known));
    const nearer = known.map((v) => (v > threshold ? upper : lower));
    return { values: nearer, clipped: 0 };
  },
});
