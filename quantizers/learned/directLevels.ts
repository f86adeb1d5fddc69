import { nanToNum } from "../../core/nanToNum.ts";
import { lloydLevels, nearestLevels } from "./levels.ts";
import { unchanged } from "./unchanged.ts";
import type { LearnedValues, WeightTransform } from "./weightTransform.ts";

/** Name of the levels, below the path of their weights. The optimizer `direct` finds them by it. */
export const levelsName = "levels";

const levelsOf = (bits: number): LearnedValues => ({
  name: levelsName,
  start: (w) => lloydLevels(w, 2 ** bits),
  learning: { optimizer: "network", decays: false, keep: (level) => level },
});

/** Number of weights beyond the outermost levels by more than half a gap. */
const countBeyond = (w: Float32Array, levels: Float32Array): number => {
  const [lowest, second] = [levels[0] as number, levels[1] as number];
  const [highest, last] = [levels.at(-1) as number, levels.at(-2) as number];
  const lo = lowest - (second - lowest) / 2;
  const hi = highest + (highest - last) / 2;
  let count = 0;
  for (let i = 0; i < w.length; i++) if ((w[i] as number) < lo || (w[i] as number) > hi) count++;
  return count;
};

/** Stand-in for infinity: a power of two whose multiples by 2 float32 can still represent. */
const largest = 2 ** 126;

/**
 * Weights of Direct Quantization: 2^bits trained levels per tensor, at arbitrary distances.
 *
 *     wq = level[k],   k the index of the level nearest to w
 *     dlevel[k] = 2^bits / N   sum of dwq over the weights on it,   dw = dwq,   N weights
 *
 * With the optimizer `direct` each weight is on a level, and gradient descent moves it from one level to another. With
 * any other optimizer the weights are floats, rounded to levels with a straight-through gradient. Products are float32,
 * because levels are not multiples of one step.
 *
 * A reconstruction, not reproduced: only the abstract of the paper was available. Ours: a set of levels per tensor,
 * initialized by Lloyd's algorithm on the initial weights, and a gradient divided by the mean number of weights per
 * level, so that levels move about as fast as weights would.
 *
 * @example
 * const w = Float32Array.of(-3, -1, 0, 0, 2, 4, 9, 9);
 * directLevels().transform(w, { bits: 2, outputs: 1 }).values; // [-2, -2, 0, 0, 3, 3, 9, 9]
 * @see Hoang et al. 2020, arXiv:2012.13762, its abstract (docs/methods.md 7.4)
 */
export const directLevels = (): WeightTransform => {
  const learns = (bits: number): readonly LearnedValues[] => (bits === 32 ? [] : [levelsOf(bits)]);
  return {
    name: "directQuantization",
    roles: ["weight"],
    integerBits: [],
    learns,
    transform: (weights, { bits, learned = learns(bits).map(({ start }) => start(weights)) }) => {
      const [levels] = learned;
      if (levels === undefined) return unchanged(weights);
      const w = nanToNum(weights, { lo: -largest, hi: largest });
      // Levels stay in ascending order with the optimizer `direct`, but may cross with another one.
      const order = Array.from(levels.keys()).sort((a, b) => (levels[a] as number) - (levels[b] as number));
      const sorted = Float32Array.from(order, (k) => levels[k] as number);
      const places = nearestLevels(w, sorted);
      const values = new Float32Array(w.length);
      for (let i = 0; i < values.length; i++) values[i] = sorted[places[i] as number] as number;
      return {
        values,
        range: { lo: sorted[0] as number, hi: sorted.at(-1) as number },
        clipped: countBeyond(w, sorted),
        pullback: (dy) => {
          const sums = new Float64Array(levels.length);
          for (let i = 0; i < dy.length; i++) {
            const k = order[places[i] as number] as number;
            sums[k] = (sums[k] as number) + (dy[i] as number);
          }
          const scale = levels.length / w.length;
          return { dw: dy, learned: [Float32Array.from(sums, (sum) => scale * sum)] };
        },
      };
    },
  };
};
