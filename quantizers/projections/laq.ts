import { nanToNum } from "../../core/nanToNum.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import { square } from "../../core/square.ts";
import { momentsOf } from "../moments.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";
import { type Quantity, quantity } from "./quantity.ts";
import { sortedPairs, sortedSample } from "./sorted.ts";

/** Cost of an error in each weight, up to a factor. Known only if the optimizer tracks it, as Adam does. */
export const curvature: Quantity<Float32Array> = quantity();

/** The approximation alpha beta, with beta on the grid 0, +-1/top, .., +-1. */
export interface Scaled {
  readonly alpha: number;
  readonly beta: Float32Array;
  readonly iterations: number;
}

/**
 * The alpha beta nearest to w for error costs d. Both are optimized in turn, until alpha changes by no more than a millionth of
 * itself, at most 100 times.
 *
 *     beta = grid point nearest to w / alpha,   alpha = sum |beta d w| / sum (beta d beta)
 *
 * @param top number of steps from 0 to 1, e.g. 1 for ternary weights; `binary` has no 0
 * @param options `d`: curvature of each weight (default: equal); `start`: initial alpha (default: 1, as in the paper). If every
 *   weight is nearer to 0 than to a step at the start, the result stays 0.
 */
export const laqScaled = (
  w: Float32Array,
  top: number | "binary",
  { d, start = 1 }: { readonly d?: Float32Array; readonly start?: number } = {},
): Scaled => {
  const beta = new Float32Array(w.length);
  let alpha = start;
  for (let iterations = 1; ; iterations++) {
    let [along, size] = [0, 0];
    for (let i = 0; i < w.length; i++) {
      const place = (w[i] as number) / alpha;
      const point =
        top === "binary"
          ? place < 0
            ? -1
            : 1
          : roundHalfEvenSmall(Math.min(Math.max(place, -1), 1) * top) / top;
      beta[i] = point;
      const weight = (d ? (d[i] as number) : 1) * point;
      along += Math.abs(weight * (w[i] as number));
      size += weight * point;
    }
    const next = size > 0 ? along / size : alpha;
    const change = Math.abs(next - alpha);
    alpha = next;
    if (change <= 1e-6 * alpha || iterations === 100) return { alpha, beta, iterations };
  }
};

/** Number of entries of an ascending array that are below x. */
const below = (ascending: Float32Array, x: number): number => {
  let [first, end] = [0, ascending.length];
  while (first < end) {
    const middle = (first + end) >>> 1;
    if ((ascending[middle] as number) < x) first = middle + 1;
    else end = middle;
  }
  return first;
};

/**
 * The alpha of `laqScaled` from sorted magnitudes and running sums: an iteration reads thresholds instead of weights, so 32,768
 * weights at 4 bits take 2 ms instead of 120 ms.
 *
 * @param d curvatures in the order of the magnitudes. Default: equal.
 */
export const laqScale = (
  magnitudes: Float32Array,
  top: number,
  start: number,
  d: Float32Array = new Float32Array(magnitudes.length).fill(1),
): number => {
  const n = magnitudes.length;
  const products = new Float64Array(n + 1);
  const weights = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    const weight = d[i] as number;
    products[i + 1] = (products[i] as number) + weight * (magnitudes[i] as number);
    weights[i + 1] = (weights[i] as number) + weight;
  }
  const from = (sums: Float64Array, first: number): number => (sums[n] as number) - (sums[first] as number);
  let alpha = start;
  for (let iterations = 1; iterations <= 100; iterations++) {
    let [along, size] = [0, 0];
    for (let k = 1; k <= top; k++) {
      const first = below(magnitudes, ((k - 0.5) / top) * alpha);
      along += from(products, first) / top;
      size += ((2 * k - 1) * from(weights, first)) / square(top);
    }
    const next = size > 0 ? along / size : alpha;
    const change = Math.abs(next - alpha);
    alpha = next;
    if (change <= 1e-6 * alpha) break;
  }
  return alpha;
};

/**
 * Loss-aware quantization of weights (LAQ), the base of BLAQ: levels alpha i / top with the best alpha for the tensor.
 *
 * Errors are weighted by the curvatures that the optimizer knows, as Adam does (and BLAQ's trials improve), otherwise equally. A
 * reconstruction, not reproduced: alpha starts at three standard deviations, because with 1 a tensor of small weights would stay 0.
 * Levels follow the tensor; the estimator's range is not used.
 *
 * @example
 * tryProjection(laq(), [-1, 0.1, 0.9, 1.1], { bits: 4 }).values; // [-0.8352941, 0, 0.8352941, 1.252941]
 * @see Ma et al. 2024, arXiv:2401.16760, the authors' appendix (docs/methods.md 7.6)
 */
export const laq = (): Projection => ({
  name: "laq",
  follows: "tensor",
  rounding: "nearest",
  roles: ["weight"],
  project: (x, { bits, range, quantities }) => {
    const known = nanToNum(x, range);
    const { mean, deviation } = momentsOf(known);
    const start = deviation > 0 ? 3 * deviation : Math.abs(mean);
    if (start === 0) return { values: new Float32Array(x.length), clipped: 0 };
    const top = 2 ** (bits - 1) - 1;
    const magnitudes = new Float32Array(known.length);
    for (let i = 0; i < known.length; i++) magnitudes[i] = Math.abs(known[i] as number);
    const d = curvature.in(quantities);
    const pairs = d && sortedPairs(magnitudes, d);
    const alpha = pairs
      ? laqScale(pairs.values, top, start, pairs.others)
      : laqScale(sortedSample(magnitudes), top, start);
    const values = new Float32Array(known.length);
    for (let i = 0; i < known.length; i++) {
      const place = Math.min(Math.max((known[i] as number) / alpha, -1), 1) * top;
      values[i] = (alpha * roundHalfEvenSmall(place)) / top;
    }
    return { values, clipped: 0 };
  },
});

/** `laq` in the catalogue of quantizers. */
export const laqEntry = projectionEntry({
  name: "laq",
  summary:
    "reconstruction, not reproduced: uniform steps of the best scale, weighted by Adam's curvatures if there are any",
  source: "Ma et al. 2024, arXiv:2401.16760",
  options: {},
  make: laq,
});
