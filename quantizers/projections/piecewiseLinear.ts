import { absMax } from "../../core/range.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import { finite } from "./finite.ts";
import { momentsOf, normalDensity, normalDistribution } from "./normal.ts";
import type { Projected, Projecting, Projection } from "./projection.ts";
import { sortedSample } from "./sorted.ts";

/** Breakpoints of a tensor with standard deviation 1 that reaches to m. */
export const fittedBreak = {
  gaussian: (m: number): number => Math.log(0.86143114 * m + 0.607901097),
  laplace: (m: number): number => 0.80304483 * Math.sqrt(m) - 0.316678551,
  /** The root in (0, m/2) of p - 2 m + 2 m F(p) + m (2 p - m) f(p) = 0, for the normal distribution F and its density f. */
  exact: (m: number): number => {
    const slope = (p: number): number =>
      p - 2 * m + 2 * m * normalDistribution(p) + m * (2 * p - m) * normalDensity(p);
    let [lo, hi] = [0, m / 2];
    for (let halving = 0; halving < 60; halving++) {
      const middle = (lo + hi) / 2;
      if (slope(middle) < 0) lo = middle;
      else hi = middle;
    }
    return hi;
  },
} as const;

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/** The bits of the largest float32 that is not above a positive number; magnitudes are ordered as their bits are. */
const wordBelow = (p: number): number => {
  float[0] = p;
  return (float[0] as number) > p ? (floatBits[0] as number) - 1 : (floatBits[0] as number);
};

/** Rounds to the pieces on both sides of +-p, each of equal steps; what is beyond +-m is clipped. */
export const ontoPieces = (
  x: Float32Array,
  p: number,
  m: number,
  { bits, noise }: Pick<Projecting, "bits" | "noise">,
): Projected => {
  const steps = 2 ** (bits - 1) - 1;
  const words = new Uint32Array(x.buffer, x.byteOffset, x.length);
  // Of both pieces: where it begins, its step, and where it ends.
  const firsts = Float64Array.of(0, p);
  const widths = Float64Array.of(p / steps, (m - p) / steps);
  const ends = Float64Array.of(p, m);
  const lastOfFine = wordBelow(p);
  const noises = noise?.(x.length);
  const values = new Float32Array(x.length);
  const inside = new Int8Array(x.length).fill(1);
  let clipped = 0;
  for (let i = 0; i < x.length; i++) {
    const word = words[i] as number;
    const magnitude = Math.abs(x[i] as number);
    let level = m;
    if (magnitude > m) {
      clipped++;
      inside[i] = 0;
    } else {
      // 1 beyond the break: a branch would be mispredicted for a third of the elements, and one by sign for half of them.
      const piece = (lastOfFine - (word & 0x7fffffff)) >>> 31;
      const first = firsts[piece] as number;
      const width = widths[piece] as number;
      const code = roundHalfEvenSmall((magnitude - first) / width + (noises ? (noises[i] as number) : 0));
      // At the end of a piece that end itself, and not what becomes of it on the way there and back.
      level = code < steps ? first + Math.max(code, 0) * width : (ends[piece] as number);
    }
    values[i] = level * (1 - 2 * (word >>> 31)) + 0;
  }
  return { values, inside, clipped };
};

const squaredError = (x: Float32Array, p: number, m: number, bits: number): number => {
  const { values } = ontoPieces(x, p, m, { bits, noise: undefined });
  return values.reduce((sum, v, i) => sum + (v - (x[i] as number)) ** 2, 0);
};

/** The break with the least squared error: among 0.1 m .. 0.9 m, then ten times as fine around the best, twice. */
const searchedBreak = (x: Float32Array, m: number, bits: number): number => {
  const sample = sortedSample(x);
  let best = { ratio: 0.5, error: Number.POSITIVE_INFINITY };
  const look = (from: number, to: number, step: number): void => {
    for (let k = 0; from + k * step <= to + step / 2; k++) {
      const ratio = from + k * step;
      if (ratio <= 0 || ratio >= 1) continue;
      const error = squaredError(sample, ratio * m, m, bits);
      if (error < best.error) best = { ratio, error };
    }
  };
  look(0.1, 0.9, 0.1);
  look(best.ratio - 0.1, best.ratio + 0.1, 0.01);
  look(best.ratio - 0.01, best.ratio + 0.01, 0.001);
  return best.ratio * m;
};

export type BreakRule = keyof typeof fittedBreak | "search";

/** The break of a tensor, at most half way to m where it is fitted; half way where the tensor has no spread. */
export const breakOf = (x: Float32Array, m: number, bits: number, rule: BreakRule): number => {
  if (rule === "search") return searchedBreak(x, m, bits);
  const { deviation } = momentsOf(x);
  const p = deviation > 0 ? fittedBreak[rule](m / deviation) * deviation : m / 2;
  return p > 0 ? Math.min(p, m / 2) : m / 2;
};

/**
 * Piecewise linear quantization: fine steps up to a break p, coarse ones from there to the end of the range m, as many of them.
 *
 *     steps = 2^(bits-1) - 1
 *     |x| <= p        sign(x) round(|x| / (p / steps)) p / steps
 *     p < |x| <= m    sign(x) (p + round((|x| - p) / ((m - p) / steps)) (m - p) / steps)
 *
 * The break follows the tensor, m the range, which clips where it is in hindsight.
 *
 * @param rule where the break is: fast fits of the best one for normal or Laplace distributions, the best one for the normal
 * distribution exactly, or a search for the least squared error (on a sample of large tensors)
 * @see Fang et al. 2020, arXiv:2002.00104, and the authors' code; the paper prints the normal fit as p / m, but it is p, as in the code
 */
export const piecewiseLinear = ({ rule = "gaussian" }: { readonly rule?: BreakRule } = {}): Projection => ({
  name: "piecewiseLinear",
  options: { rule },
  follows: "both",
  roles: ["weight", "activation"],
  project: (x, how) => {
    const m = absMax(how.range);
    const known = finite(x, how.range);
    if (m === 0) return { values: new Float32Array(x.length), clipped: 0 };
    return ontoPieces(known, breakOf(known, m, how.bits, rule), m, how);
  },
});
