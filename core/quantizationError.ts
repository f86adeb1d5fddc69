/** @file Squared quantization error of a tensor on a grid, computed from its elements or from a histogram. */
import { binsOf } from "./histogram.ts";
import type { QParams } from "./qparams.ts";
import { roundHalfEvenSmall } from "./rounding.ts";
import type { Sample } from "./sample.ts";

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

/** The squared error of one element. */
const errorAt = ({ scale, lo, hi }: Ends): ((x: number) => number) => {
  const perUnit = 1 / scale;
  return (x) => {
    const level = x <= lo ? lo : x >= hi ? hi : roundHalfEvenSmall(x * perUnit) * scale;
    return (x - level) * (x - level);
  };
};

/** Elements that are summed between two checks against the limit. */
const chunk = 1024;

const ofElements =
  (values: Float32Array) =>
  (ends: Ends, most: number): number => {
    const errorOf = errorAt(ends);
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

const cubed = (x: number): number => x * x * x;

const clamp = (x: number, lo: number, hi: number): number => (x < lo ? lo : x > hi ? hi : x);

/** Integral over [a, b] of the squared error of an evenly spread element. */
const between = (a: number, b: number, { scale, lo, hi }: Ends): number => {
  const [from, to] = [clamp(a, lo, hi), clamp(b, lo, hi)];
  const inside = to > from ? cubed(scale) * (toNearest(to / scale) - toNearest(from / scale)) : 0;
  const below = a < lo ? (cubed(lo - a) - cubed(Math.max(lo - b, 0))) / 3 : 0;
  const above = b > hi ? (cubed(b - hi) - cubed(Math.max(a - hi, 0))) / 3 : 0;
  return inside + below + above;
};

const ofHistogram = (values: Float32Array, counts: Uint32Array): ((ends: Ends, most: number) => number) => {
  const { lo, hi } = binsOf(values);
  const [size, last] = [values.length, values.length - 1];
  return (ends, most) => {
    const errorOf = errorAt(ends);
    let sum = 0;
    // From both ends inwards: clipped elements are there, and cost most.
    for (let k = 0; k < size && sum <= most; k++) {
      const i = k % 2 === 0 ? k / 2 : last - (k - 1) / 2;
      const [from, to] = [lo[i] as number, hi[i] as number];
      const one = to > from ? between(from, to, ends) / (to - from) : errorOf(from);
      sum += (counts[i] as number) * one;
    }
    return sum;
  };
};

/**
 * The sum of (x - xq)^2 over a tensor, where xq is x rounded to the nearest point of a grid, or clipped.
 *
 * @param sample elements, or a histogram, whose elements are taken as spread evenly over their bins
 * @returns a function of the grid, of which the first channel is used. It may stop early once the sum exceeds `most`,
 *   if given
 */
export const squaredErrorOf = ({ values, counts }: Sample): ((params: QParams, most?: number) => number) => {
  const error = counts ? ofHistogram(values, counts) : ofElements(values);
  return (params, most = Number.POSITIVE_INFINITY) => error(endsOf(params), most);
};
