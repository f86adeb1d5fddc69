import { tanh } from "../../core/elementary/tanh.ts";
import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, type Values, withDefaults } from "../../core/options.ts";
import type { QParams } from "../../core/qparams.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import { square } from "../../core/square.ts";
import { transformEntry } from "./learnedEntry.ts";
import type { Transformed, Weights, WeightTransform } from "./weightTransform.ts";

const declared = options({
  grid: {
    type: "choice",
    choices: ["auto", "original", "modified", "centered"],
    default: "auto",
    help: "levels in [-1, 1]; original and centered are integers up to 7 bits; auto: original, at 8 bits modified",
  },
  rescale: {
    type: "choice",
    choices: ["constant", "stddev", "none"],
    default: "constant",
    help: "rescale weights to variance 1/n_out, to their own standard deviation, or not at all",
  },
  variance: {
    type: "choice",
    choices: ["unbiased", "population"],
    default: "unbiased",
    help: "divide the variance by n - 1, or by n",
  },
});

/** Options of `sat`; all have defaults. */
export type SatOptions = Given<typeof declared>;

type SatValues = Values<typeof declared>;

/** Levels as integer multiples of 1 / divisor. */
interface Levels {
  readonly divisor: number;
  readonly lowest: number;
  readonly highest: number;
  /** Levels of numbers in [-1, 1], as integers. */
  readonly of: (u: Float64Array) => Float64Array;
}

/** Index of the part, of 2^bits equal parts of [-1, 1], that each number falls into, from 0. */
const partOf = (u: Float64Array, count: number): Float64Array => {
  const part = new Float64Array(u.length);
  for (let i = 0; i < u.length; i++)
    part[i] = Math.min(Math.floor((count * ((u[i] as number) + 1)) / 2), count - 1);
  return part;
};

/** factor x + shift, in place. */
const affinely = (x: Float64Array, factor: number, shift: number): Float64Array => {
  for (let i = 0; i < x.length; i++) x[i] = factor * (x[i] as number) + shift;
  return x;
};

const levelsOf = (grid: SatValues["grid"], bits: number): Levels => {
  const count = 2 ** bits;
  const most = count - 1;
  switch (grid === "auto" ? (bits === 8 ? "modified" : "original") : grid) {
    case "original": {
      const of = (u: Float64Array): Float64Array => {
        const level = new Float64Array(u.length);
        for (let i = 0; i < u.length; i++)
          level[i] = 2 * roundHalfEvenSmall((most * ((u[i] as number) + 1)) / 2) - most;
        return level;
      };
      return { divisor: most, lowest: -most, highest: most, of };
    }
    case "modified": {
      const half = count / 2;
      return {
        divisor: half,
        lowest: -half,
        highest: half - 1,
        of: (u) => affinely(partOf(u, count), 1, -half),
      };
    }
    case "centered":
      return {
        divisor: count,
        lowest: -most,
        highest: most,
        of: (u) => affinely(partOf(u, count), 2, -most),
      };
  }
};

const fitsInt8 = ({ lowest, highest }: Levels): boolean => lowest >= -128 && highest <= 127;

const variance = (x: Float64Array, over: SatValues["variance"]): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] as number;
  const mean = sum / x.length;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += square((x[i] as number) - mean);
  return squares / (over === "unbiased" ? Math.max(x.length - 1, 1) : x.length);
};

/** Bounds beyond which tanh is 1 in float64; infinite weights are replaced by them. */
const saturated = { lo: -20, hi: 20 };

/**
 * u = tanh(w) / max|tanh(w)| with its pullback; of several largest elements, the first is the maximum. All-zero weights
 * stay zero.
 */
const clamped = (
  w: Float32Array,
): { readonly u: Float64Array; readonly pullback: (dy: Float32Array) => Float32Array } => {
  const t = new Float64Array(w.length);
  for (let i = 0; i < w.length; i++) t[i] = tanh(w[i] as number);
  let at = 0;
  for (let i = 1; i < t.length; i++) if (Math.abs(t[i] as number) > Math.abs(t[at] as number)) at = i;
  const largest = t[at] ?? 0;
  const most = Math.abs(largest);
  if (most === 0) return { u: t, pullback: (dy) => dy };
  const u = new Float64Array(t.length);
  for (let i = 0; i < t.length; i++) u[i] = (t[i] as number) / most;
  return {
    u,
    pullback: (dy) => {
      let sum = 0;
      for (let i = 0; i < dy.length; i++) sum += (dy[i] as number) * (t[i] as number);
      const along = sum / largest;
      const dw = new Float32Array(dy.length);
      for (let i = 0; i < dy.length; i++) {
        const g = i === at ? (dy[i] as number) - along : (dy[i] as number);
        dw[i] = g * ((1 - square(t[i] as number)) / most);
      }
      return dw;
    },
  };
};

/**
 * Scale-adjusted training (SAT): weights are mapped into [-1, 1] by tanh, rounded with a straight-through gradient, and
 * scaled to a variance that keeps gradients at the same order of magnitude from layer to layer. At 32 bits they are
 * mapped and scaled, but not rounded.
 *
 *     u = tanh(w) / max|tanh(w)|,   Q = level(u),   Q* = Q / sqrt(n_out VAR[Q])   or   Q std(w) / std(Q)
 *
 * The factor of Q is treated as a constant in the backward pass; the maximum is differentiated. Weights that are all
 * zero, or a constant Q, are not scaled. When weights are rounded, NaN counts as 0.
 *
 * @param grid levels of k bits. `original`: odd multiples of 1 / (2^k - 1). `modified`: m / 2^(k - 1) for all codes m,
 *   rounded down, from -1 to just below 1. `centered`: odd multiples of 1 / 2^k. `auto`: original up to 7 bits, and
 *   modified at 8 bits, because odd multiples do not fit into 8-bit integers there. `original` and `centered` have no
 *   level at 0. `modified` is the grid of the authors' later code; its levels are half a step too low on average, which
 *   costs LeNet-5 on MNIST one point at 4 bits. Default: `auto`.
 * @param rescale `constant`: to variance 1 / n_out. `stddev`: to the standard deviation of the weights. `none`.
 *   Default: `constant`. Cross-entropy needs a last layer with a variance far below k^2 / n if its n inputs come from a
 *   k x k pool (the method's first rule). `constant` satisfies this with many classes, but not with ten classes behind
 *   a small pool; `stddev` does.
 * @param variance VAR[Q] over n - 1 (`unbiased`) or n (`population`). Default: `unbiased`.
 * @example
 * sat({ rescale: "none" }).transform(Float32Array.of(-1, 0.1, 2), { bits: 2, outputs: 1 }).values; // [-1, 0.3333333, 1]
 * @see Jin et al. 2019, arXiv:1912.10207; code of AdaBits
 */
export const sat = (given: SatOptions = {}): WeightTransform => {
  const options = withDefaults(declared, given, "sat");
  return {
    name: "sat",
    roles: ["weight"],
    integerBits: [2, 3, 4, 5, 6, 7, 8].filter((bits) => fitsInt8(levelsOf(options.grid, bits))),
    transform: (w, weights) => transformed(options, w, weights),
  };
};

/** `sat` in the catalogue of quantizers of weights. */
export const satEntry = transformEntry({
  name: "sat",
  summary: "weights transformed by tanh and rescaled, also with 32 bits",
  source: "Jin et al. 2019, arXiv:1912.10207",
  note: "Variance 1/n_out is small at a last layer of 1000 classes; with ten it can saturate the loss, where rescale=stddev trains (docs/sat-on-mobilenet.md).",
  options: declared,
  make: sat,
});

const factorOf = (
  { rescale, variance: over }: SatValues,
  w: Float32Array,
  q: Float64Array,
  outputs: number,
): number => {
  if (rescale === "none") return 1;
  const spread = variance(q, rescale === "stddev" ? "unbiased" : over);
  if (!(spread > 0)) return 1;
  return rescale === "constant"
    ? 1 / Math.sqrt(outputs * spread)
    : Math.sqrt(variance(new Float64Array(w), "unbiased") / spread);
};

const transformed = (options: SatValues, weights: Float32Array, { bits, outputs }: Weights): Transformed => {
  // A single NaN would be the largest weight, or its slope, and spread to all others.
  const w = bits === 32 ? weights : nanToNum(weights, saturated);
  const { u, pullback } = clamped(w);
  const levels = bits === 32 ? undefined : levelsOf(options.grid, bits);
  const isZero = u.every((value) => value === 0);
  const whole = levels && !isZero ? levels.of(u) : u;
  const divisor = levels?.divisor ?? 1;
  const q = new Float64Array(whole.length);
  for (let i = 0; i < q.length; i++) q[i] = (whole[i] as number) / divisor;
  const factor = factorOf(options, w, q, outputs);
  const [lowest, highest] = levels ? [levels.lowest, levels.highest] : [-1, 1];
  const params: QParams = {
    bits,
    qmin: lowest,
    qmax: highest,
    scale: Float32Array.of(factor / divisor),
    zeroPoint: Int32Array.of(0),
  };
  const values = new Float32Array(q.length);
  for (let i = 0; i < q.length; i++) values[i] = factor * (q[i] as number);
  return {
    values,
    ...(levels && fitsInt8(levels) && { integers: { codes: new Int8Array(whole), params } }),
    range: { lo: (factor * lowest) / divisor, hi: (factor * highest) / divisor },
    pullback: (dy) => {
      const scaled = new Float32Array(dy.length);
      for (let i = 0; i < dy.length; i++) scaled[i] = factor * (dy[i] as number);
      return { dw: pullback(scaled) };
    },
  };
};
