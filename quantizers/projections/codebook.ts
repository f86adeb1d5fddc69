import type { Projected, Projecting, Projection } from "./projection.ts";

/** The values that a tensor may take, in ascending order. */
export interface Codebook {
  /** In ascending order, at least one. */
  readonly levels: Float32Array;
  /** Thresholds between levels k and k + 1 for nearest rounding, one fewer than levels. Default: half way between the levels. */
  readonly thresholds?: Float32Array;
}

const halfWay = (levels: Float32Array): Float32Array =>
  levels.subarray(1).map((upper, k) => ((levels[k] as number) + upper) / 2);

/** Bin of a float32 number: sign, exponent and three mantissa bits, that is, eight bins per power of two. */
const droppedBits = 20;
const binCount = 2 ** (32 - droppedBits);

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/**
 * Start of a search in each bin: the number of entries of an ascending array that lie below the whole bin. One of 255 levels is
 * found in 15 ns instead of 46 ns by bisection.
 */
const belowBins = (ascending: Float32Array): Uint16Array => {
  const first = new Uint16Array(binCount);
  let k = 0;
  const addBin = (bin: number, smallest: number): void => {
    word[0] = smallest;
    const edge = float[0] as number;
    while (k < ascending.length && (ascending[k] as number) < edge) k++;
    first[bin] = k;
  };
  const half = binCount / 2;
  for (let bin = half - 1; bin >= 0; bin--) addBin(half + bin, (((half + bin + 1) << droppedBits) - 1) >>> 0);
  for (let bin = 0; bin < half; bin++) addBin(bin, bin << droppedBits);
  return first;
};

/** Start of searches at the first entry, for every bin. */
const fromTheFirst = new Uint16Array(binCount);

/**
 * Rounds each element to a level of the codebook: to the nearest (at a threshold the lower), or with noise to one of its two
 * neighbours, to the upper with probability (x - lower) / (upper - lower), so that the expectation is x. Elements outside of the
 * levels are clipped to the first or last one. NaN becomes the level nearest to 0.
 */
export const projectOnto = (
  { levels, thresholds = halfWay(levels) }: Codebook,
  x: Float32Array,
  { noise }: Pick<Projecting, "noise">,
): Projected => {
  const last = levels.length - 1;
  const [lowest, highest] = [levels[0] as number, levels[last] as number];
  const ascending = noise ? levels : thresholds;
  // Few elements on few levels are searched faster than a table is filled.
  const first = x.length * ascending.length < binCount ? fromTheFirst : belowBins(ascending);
  const words = new Uint32Array(x.buffer, x.byteOffset, x.length);
  const zero = levels[thresholds.findLastIndex((threshold) => threshold < 0) + 1] as number;
  const noises = noise?.(x.length);
  const values = new Float32Array(x.length);
  const gradientMask = new Int8Array(x.length).fill(1);
  let clipped = 0;
  for (let i = 0; i < x.length; i++) {
    const v = x[i] as number;
    if (v < lowest || v > highest) {
      clipped++;
      gradientMask[i] = 0;
      values[i] = v < lowest ? lowest : highest;
    } else if (Number.isNaN(v)) values[i] = zero;
    else {
      let k = first[(words[i] as number) >>> droppedBits] as number;
      while (k < ascending.length && (ascending[k] as number) < v) k++;
      if (noises === undefined) values[i] = levels[k] as number;
      else {
        const lower = Math.max(k - 1, 0);
        const lo = levels[lower] as number;
        const part = (v - lo) / ((levels[lower + 1] as number) - lo);
        // 0 or 1 without a branch that would be mispredicted half of the time. NaN, between two equal levels, counts as 0.
        values[i] = levels[lower + ((part + 0.5 + (noises[i] as number)) | 0)] as number;
      }
    }
  }
  return { values, gradientMask, clipped };
};

/**
 * A projection onto a codebook that is computed from each range, e.g. a user-defined set of levels. The codebook does not depend on
 * the tensor; a projection whose levels do calls `projectOnto` itself.
 *
 * @param name in tables, recordings and errors
 * @param codebook at least one level, in ascending order
 * @example
 * const signs = codebookProjection("signs", ({ range }) => ({ levels: Float32Array.of(range.lo, range.hi) }));
 * tryProjection(signs, [-1, 0.4, 1]).values; // [-1, 1, 1]
 */
export const codebookProjection = (
  name: string,
  codebook: (how: Pick<Projecting, "bits" | "range" | "role">) => Codebook,
): Projection => ({
  name,
  follows: "range",
  project: (x, how) => projectOnto(codebook(how), x, how),
});
