import { absMax } from "../../core/range.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import type { Projection } from "./projection.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Probabilities of the grid points a i, i = -top .. top, for a number x: how much of a logistic distribution around x lies nearer to
 * each than to any other, what lies outside of the grid left out.
 *
 *     pi_i ~ sigmoid((g_i + a/2 - x) / sigma) - sigmoid((g_i - a/2 - x) / sigma)
 */
export const gridProbabilities = (x: number, a: number, top: number, sigma: number): readonly number[] => {
  const weights = Array.from({ length: 2 * top + 1 }, (_, k) => {
    const g = a * (k - top);
    return sigmoid((g + a / 2 - x) / sigma) - sigmoid((g - a / 2 - x) / sigma);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
};

/** A grid point drawn with those probabilities, for u in (0, 1): the logistic distribution's quantile, rounded. */
export const drawnPoint = (x: number, a: number, top: number, sigma: number, u: number): number => {
  const end = a * (top + 0.5);
  const [lowest, highest] = [sigmoid((-end - x) / sigma), sigmoid((end - x) / sigma)];
  const share = lowest + u * (highest - lowest);
  const point = roundHalfEvenSmall((x - sigma * Math.log(1 / share - 1)) / a);
  return Math.min(Math.max(point, -top), top);
};

/** Bits that are left where each, from the topmost, is dropped with a probability as long as the one above it was; two at least. */
export const bitsLeft = (bits: number, drop: number, u: (k: number) => number): number => {
  let left = bits;
  while (left > 2 && u(bits - left) < drop) left--;
  return left;
};

/**
 * Cluster-promoting quantization with DropBits. Of the categories that a weight may fall into, one is taken, the most probable, or with
 * noise any; in training, grid points of the topmost bits are dropped at random, for the whole tensor.
 *
 *     a = max / (2^(bits-1) - 1),   points a i,   gradients pass as they are
 *
 * A reconstruction, not reproduced: no code was released; what is known of the backward pass is an identity between categories, and masks
 * are learned there (hard-concrete), where here they are drawn with one probability.
 *
 * @param sigma spread of a weight, in steps
 * @param drop probability that a bit is dropped; needs noise
 * @see Lee et al. 2021, arXiv:2109.02100, by way of a reading note (methods.md 7.3)
 */
export const cpq = ({
  sigma = 0.3,
  drop = 0,
}: {
  readonly sigma?: number;
  readonly drop?: number;
} = {}): Projection => ({
  name: "cpq",
  options: { sigma, drop },
  follows: "range",
  roles: ["weight"],
  project: (x, { bits, range, training, noise }) => {
    const most = absMax(range);
    const values = new Float32Array(x.length);
    const inside = new Int8Array(x.length).fill(1);
    if (most === 0) return { values, clipped: 0 };
    const a = most / (2 ** (bits - 1) - 1);
    const noises = training ? noise?.(x.length + bits) : undefined;
    const left = noises ? bitsLeft(bits, drop, (k) => 0.5 + (noises[x.length + k] as number)) : bits;
    const top = 2 ** (left - 1) - 1;
    let clipped = 0;
    for (let i = 0; i < x.length; i++) {
      const v = x[i] as number;
      const limited = Math.min(Math.max(v, -most), most);
      if (limited !== v && !Number.isNaN(v)) {
        clipped++;
        inside[i] = 0;
      }
      const point = noises
        ? drawnPoint(limited, a, top, sigma * a, 0.5 + (noises[i] as number))
        : Math.min(Math.max(roundHalfEvenSmall(limited / a), -top), top);
      values[i] = Number.isNaN(v) ? 0 : point * a;
    }
    return { values, inside, clipped };
  },
});
