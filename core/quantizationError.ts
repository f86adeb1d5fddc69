/**
 * @file Squared quantization error of a tensor on a grid, computed from its elements or from a histogram: with rounding to nearest, or its
 *   mean over the noise of stochastic rounding.
 */
import { binsOf } from "./histogram.ts";
import type { QParams } from "./qparams.ts";
import { roundHalfEvenSmall } from "./rounding.ts";
import type { Sample } from "./sample.ts";
import { square } from "./square.ts";

interface Ends {
  readonly scale: number;
  readonly lo: number;
  readonly hi: number;
}

/** Smallest and largest number on the grid of the first channel. */
const endsOf = ({ scale, zeroPoint, qmin, qmax }: QParams): Ends => {
  const [step, zero] = [scale[0] as number, zeroPoint[0] as number];
  return { scale: step, lo: step * (qmin - zero), hi: step * (qmax - zero) };
};

/** The ways of rounding. */
export const roundings = ["nearest", "stochastic"] as const;

/** How elements between two levels go to one of them: to the nearest, or to either by chance. */
export type Rounding = (typeof roundings)[number];

/** The squared error of one element. */
const errorAt = ({ scale, lo, hi }: Ends, rounding: Rounding): ((x: number) => number) => {
  const perUnit = 1 / scale;
  if (rounding === "stochastic")
    return (x) => {
      if (x <= lo || x >= hi) return square(x - clamp(x, lo, hi));
      const rest = x * perUnit - Math.floor(x * perUnit);
      return scale * scale * rest * (1 - rest);
    };
  return (x) => {
    const level = x <= lo ? lo : x >= hi ? hi : roundHalfEvenSmall(x * perUnit) * scale;
    return (x - level) * (x - level);
  };
};

/** Elements that are summed between two checks against the limit. */
const chunk = 1024;

const ofElements =
  (values: Float32Array, rounding: Rounding) =>
  (ends: Ends, most: number): number => {
    const errorOf = errorAt(ends, rounding);
    let sum = 0;
    for (let from = 0; from < values.length && sum <= most; from += chunk) {
      const to = Math.min(from + chunk, values.length);
      for (let i = from; i < to; i++) sum += errorOf(values[i] as number);
    }
    return sum;
  };

/** Integral of the squared distance to the nearest integer, from 0 to u. */
const toNearest = (u: number): number => {
  const whole = roundHalfEvenSmall(u);
  const rest = u - whole;
  return whole / 12 + (rest * rest * rest) / 3;
};

/** Integral of f (1 - f) from 0 to u, f being the distance to the integer below: the mean squared error of stochastic rounding. */
const toEither = (u: number): number => {
  const whole = Math.floor(u);
  const rest = u - whole;
  return whole / 6 + (rest * rest) / 2 - (rest * rest * rest) / 3;
};

const integrals = { nearest: toNearest, stochastic: toEither } as const;

const cubed = (x: number): number => x * x * x;

const clamp = (x: number, lo: number, hi: number): number => (x < lo ? lo : x > hi ? hi : x);

/** Integral over [a, b] of the squared error of an evenly spread element. */
const between = (a: number, b: number, { scale, lo, hi }: Ends, rounding: Rounding): number => {
  const [from, to] = [clamp(a, lo, hi), clamp(b, lo, hi)];
  const until = integrals[rounding];
  const inside = to > from ? cubed(scale) * (until(to / scale) - until(from / scale)) : 0;
  const below = a < lo ? (cubed(lo - a) - cubed(Math.max(lo - b, 0))) / 3 : 0;
  const above = b > hi ? (cubed(b - hi) - cubed(Math.max(a - hi, 0))) / 3 : 0;
  return inside + below + above;
};

const ofHistogram = (
  values: Float32Array,
  counts: Uint32Array,
  rounding: Rounding,
): ((ends: Ends, most: number) => number) => {
  const { lo, hi } = binsOf(values);
  const [size, last] = [values.length, values.length - 1];
  return (ends, most) => {
    const errorOf = errorAt(ends, rounding);
    let sum = 0;
    // From both ends inwards: clipped elements are there, and cost most.
    for (let k = 0; k < size && sum <= most; k++) {
      const i = k % 2 === 0 ? k / 2 : last - (k - 1) / 2;
      const [from, to] = [lo[i] as number, hi[i] as number];
      const one = to > from ? between(from, to, ends, rounding) / (to - from) : errorOf(from);
      sum += (counts[i] as number) * one;
    }
    return sum;
  };
};

/**
 * The sum of (x - xq)^2 over a tensor, where xq is x rounded to a point of a grid, or clipped.
 *
 *     nearest      (x - xq)^2 of the nearest point
 *     stochastic   scale^2 f (1 - f), the mean over the noise; f is the fraction of x / scale
 *
 * @param sample elements, or a histogram, whose elements are taken as spread evenly over their bins
 * @param rounding default: to nearest
 * @returns a function of the grid, of which the first channel is used. It may stop early once the sum exceeds `most`,
 *   if given
 */
export const squaredErrorOf = (
  { values, counts }: Sample,
  rounding: Rounding = "nearest",
): ((params: QParams, most?: number) => number) => {
  const error = counts ? ofHistogram(values, counts, rounding) : ofElements(values, rounding);
  return (params, most = Number.POSITIVE_INFINITY) => error(endsOf(params), most);
};
