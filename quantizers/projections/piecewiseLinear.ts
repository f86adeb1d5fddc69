import { log } from "../../core/elementary/log.ts";
import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { absMax } from "../../core/range.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import { square } from "../../core/square.ts";
import { momentsOf } from "../moments.ts";
import { normalDensity, normalDistribution } from "./normal.ts";
import type { Projected, Projecting, Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";
import { sortedSample } from "./sorted.ts";

const declared = options({
  rule: {
    type: "choice",
    choices: ["gaussian", "laplace", "exact", "search"],
    default: "gaussian",
    help: "how the break is found: fast fits (gaussian, laplace), the exact best for a normal distribution, or a search",
  },
  inner: {
    type: "choice",
    choices: ["paper", "released"],
    default: "paper",
    help: "levels inside the break; released: (2^bits-1)/2 steps to it, as in the authors' code",
  },
});

/** Breakpoints for a tensor with standard deviation 1 and largest magnitude m. */
export const fittedBreak = {
  gaussian: (m: number): number => log(0.86143114 * m + 0.607901097),
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

/** Bits of the largest float32 below a positive number, or at it if `isIncluded`; magnitudes are ordered as their bits. */
const wordBelow = (p: number, isIncluded: boolean): number => {
  float[0] = p;
  const nearest = float[0] as number;
  return nearest < p || (isIncluded && nearest === p)
    ? (floatBits[0] as number)
    : (floatBits[0] as number) - 1;
};

/**
 * Step of the levels inside the break.
 *
 *     paper       p / (2^(bits-1) - 1), so that the last level is the break
 *     released    2 p / (2^bits - 1), the authors' code: a signed grid of all bits, whose last level is half a step before the break
 */
export type InnerSteps = "paper" | "released";

/** Rounds to the pieces on both sides of +-p, each with equal steps; magnitudes above m are clipped. */
export const ontoPieces = (
  x: Float32Array,
  p: number,
  m: number,
  { bits, noise, inner = "paper" }: Pick<Projecting, "bits" | "noise"> & { readonly inner?: InnerSteps },
): Projected => {
  const steps = 2 ** (bits - 1) - 1;
  const words = new Uint32Array(x.buffer, x.byteOffset, x.length);
  // Start, step and last level of both pieces.
  const isPaper = inner === "paper";
  const fine = isPaper ? p / steps : (2 * p) / (2 ** bits - 1);
  const firsts = Float64Array.of(0, p);
  const widths = Float64Array.of(fine, (m - p) / steps);
  const ends = Float64Array.of(isPaper ? p : steps * fine, m);
  const lastOfFine = wordBelow(p, isPaper);
  const noises = noise?.(x.length);
  const values = new Float32Array(x.length);
  const gradientMask = new Int8Array(x.length).fill(1);
  let clipped = 0;
  for (let i = 0; i < x.length; i++) {
    const word = words[i] as number;
    const magnitude = Math.abs(x[i] as number);
    let level = m;
    if (magnitude > m) {
      clipped++;
      gradientMask[i] = 0;
    } else {
      // 1 beyond the break. A branch would be mispredicted for a third of the elements, and one on the sign for half of them.
      const piece = (lastOfFine - (word & 0x7fffffff)) >>> 31;
      const first = firsts[piece] as number;
      const width = widths[piece] as number;
      const code = roundHalfEvenSmall((magnitude - first) / width + (noises ? (noises[i] as number) : 0));
      // The last level of a piece itself, without the rounding error of computing it.
      level = code < steps ? first + Math.max(code, 0) * width : (ends[piece] as number);
    }
    values[i] = level * (1 - 2 * (word >>> 31)) + 0;
  }
  return { values, gradientMask, clipped };
};

/** Rule for the break: a fit of a distribution, or a search. */
export type BreakRule = keyof typeof fittedBreak | "search";

/** Parameters of a break beside the tensor. */
interface Breaking {
  readonly bits: number;
  readonly rule: BreakRule;
  readonly inner?: InnerSteps;
}

type Pieces = Omit<Breaking, "rule">;

const squaredError = (x: Float32Array, p: number, m: number, how: Pieces): number => {
  const { values } = ontoPieces(x, p, m, { ...how, noise: undefined });
  return values.reduce((sum, v, i) => sum + square(v - (x[i] as number)), 0);
};

/** The break with the smallest squared error: among 0.1 m, .., 0.9 m, then ten times as fine around the best, twice. */
const searchedBreak = (x: Float32Array, m: number, how: Pieces): number => {
  const sample = sortedSample(x);
  let best = { ratio: 0.5, error: Number.POSITIVE_INFINITY };
  const look = (from: number, to: number, step: number): void => {
    for (let k = 0; from + k * step <= to + step / 2; k++) {
      const ratio = from + k * step;
      if (ratio <= 0 || ratio >= 1) continue;
      const error = squaredError(sample, ratio * m, m, how);
      if (error < best.error) best = { ratio, error };
    }
  };
  look(0.1, 0.9, 0.1);
  look(best.ratio - 0.1, best.ratio + 0.1, 0.01);
  look(best.ratio - 0.01, best.ratio + 0.01, 0.001);
  return best.ratio * m;
};

/** The break of a tensor; a fitted one is at most m / 2, and m / 2 if the tensor has no spread. */
export const breakOf = (x: Float32Array, m: number, { rule, ...how }: Breaking): number => {
  if (rule === "search") return searchedBreak(x, m, how);
  const { deviation } = momentsOf(x);
  const p = deviation > 0 ? fittedBreak[rule](m / deviation) * deviation : m / 2;
  return p > 0 ? Math.min(p, m / 2) : m / 2;
};

/**
 * Piecewise linear quantization (PWLQ): fine steps up to a break p, and as many coarse steps from there to the largest magnitude m
 * of the range.
 *
 *     steps = 2^(bits-1) - 1
 *     |x| <= p        sign(x) round(|x| / (p / steps)) p / steps
 *     p < |x| <= m    sign(x) (p + round((|x| - p) / ((m - p) / steps)) (m - p) / steps)
 *
 * The break follows the tensor, and m the range, which clips if it is in hindsight.
 *
 * @param rule for the break: `gaussian` or `laplace`, fast fits of the best break for these distributions; `exact`, the best break
 *   for the normal distribution; `search`, the smallest squared error (on a sample, if the tensor is large). Default: `gaussian`.
 * @param inner levels inside the break, as in the `paper`, or in the authors' `released` code; at 4 bits, three quarters of all
 *   elements differ. Default: `paper`.
 * @example
 * tryProjection(piecewiseLinear({ rule: "search" }), [0.1, -0.12, 0.2, 1], { bits: 3 }).values; // [0.1033333, -0.1033333, 0.2066667, 1]
 * @see Fang et al. 2020, arXiv:2002.00104, and the authors' code; the paper prints the normal fit as p / m, but it is p, as in the code
 */
export const piecewiseLinear = (given: Given<typeof declared> = {}): Projection => {
  const { rule, inner } = withDefaults(declared, given, "piecewiseLinear");
  return {
    name: "piecewiseLinear",
    options: { rule, inner },
    follows: "both",
    roles: ["weight", "activation"],
    project: (x, { range, bits, noise }) => {
      const m = absMax(range);
      const known = nanToNum(x, range);
      if (m === 0) return { values: new Float32Array(x.length), clipped: 0 };
      return ontoPieces(known, breakOf(known, m, { bits, rule, inner }), m, { bits, noise, inner });
    },
  };
};

/** `piecewiseLinear` in the catalogue of quantizers. */
export const piecewiseLinearEntry = projectionEntry({
  name: "piecewiseLinear",
  summary:
    "fine uniform steps up to a break that follows the tensor, coarse ones beyond it; inner=released: as in the authors' code",
  source: "Fang et al. 2020, arXiv:2002.00104",
  options: declared,
  make: piecewiseLinear,
});
