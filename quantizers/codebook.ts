import type { Projected, Projecting, Projection } from "./projection.ts";

/** The values that a tensor may take, in ascending order. */
export interface Codebook {
  readonly levels: Float32Array;
  /** Where nearest rounding passes from level k to k + 1, one fewer than levels; half way between them where missing. */
  readonly thresholds?: Float32Array;
}

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

const halfWay = (levels: Float32Array): Float32Array =>
  levels.subarray(1).map((upper, k) => ((levels[k] as number) + upper) / 2);

/**
 * Every element becomes a level of the codebook: the nearest one (at a threshold the lower), or with noise one of both
 * neighbours, the upper with probability (x - lower) / (upper - lower), so that its expectation is x. What lies outside of the levels is
 * clipped to the first or last one. NaN becomes the level nearest to 0.
 */
export const projectOnto = (
  { levels, thresholds = halfWay(levels) }: Codebook,
  x: Float32Array,
  { noise }: Pick<Projecting, "noise">,
): Projected => {
  const last = levels.length - 1;
  const [lowest, highest] = [levels[0] as number, levels[last] as number];
  const zero = levels[below(thresholds, 0)] as number;
  const values = new Float32Array(x.length);
  const inside = new Int8Array(x.length).fill(1);
  let clipped = 0;
  for (let i = 0; i < x.length; i++) {
    const v = x[i] as number;
    if (v < lowest || v > highest) {
      clipped++;
      inside[i] = 0;
      values[i] = v < lowest ? lowest : highest;
    } else if (Number.isNaN(v)) values[i] = zero;
    else if (noise === undefined) values[i] = levels[below(thresholds, v)] as number;
    else {
      const upper = Math.max(below(levels, v), 1);
      const [lo, hi] = [levels[upper - 1] as number, levels[upper] as number];
      values[i] = (v - lo) / (hi - lo) > 0.5 - noise(i) ? hi : lo;
    }
  }
  return { values, inside, clipped };
};

/**
 * A projection onto a codebook that is made for each tensor.
 *
 * @param codebook at least two levels, ascending
 */
export const codebookProjection = (
  name: string,
  codebook: (x: Float32Array, how: Projecting) => Codebook,
): Projection => ({
  name,
  project: (x, how) => projectOnto(codebook(x, how), x, how),
});
