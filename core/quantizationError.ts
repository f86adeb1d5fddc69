/** @file What quantization takes from a tensor: its squared error on a grid, of the elements or of a histogram. */
import type { QParams } from "./qparams.ts";
import { roundHalfEven } from "./rounding.ts";
import { binWidth, type Sample } from "./sample.ts";

interface Ends {
  readonly scale: number;
  readonly lo: number;
  readonly hi: number;
}

/** What the first channel's grid can stand for. */
const endsOf = ({ scale, zeroPoint, qmin, qmax }: QParams): Ends => {
  const [step, zero] = [scale[0] as number, zeroPoint[0] as number];
  return { scale: step, lo: step * (qmin - zero), hi: step * (qmax - zero) };
};

/** Added and taken away again, it rounds a float64 below 2^51 to the nearest integer, ties to even. */
const rounder = 1.5 * 2 ** 52;

const ofElements = (values: Float32Array, { scale, lo, hi }: Ends): number => {
  const perUnit = 1 / scale;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    const level = x <= lo ? lo : x >= hi ? hi : (x * perUnit + rounder - rounder) * scale;
    sum += (x - level) * (x - level);
  }
  return sum;
};

/** The integral of the squared distance to the nearest integer, from 0 to u. */
const toNearest = (u: number): number => {
  const whole = roundHalfEven(u);
  return whole / 12 + (u - whole) ** 3 / 3;
};

/** The integral over [a, b] of the squared error of an evenly spread element. */
const between = (a: number, b: number, { scale, lo, hi }: Ends): number => {
  const [from, to] = [Math.min(Math.max(a, lo), hi), Math.min(Math.max(b, lo), hi)];
  const inside = scale ** 3 * (toNearest(to / scale) - toNearest(from / scale));
  const below = a < lo ? ((lo - a) ** 3 - Math.max(lo - b, 0) ** 3) / 3 : 0;
  const above = b > hi ? ((b - hi) ** 3 - Math.max(a - hi, 0) ** 3) / 3 : 0;
  return inside + below + above;
};

const ofHistogram = (values: Float32Array, counts: Uint32Array, ends: Ends): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const middle = values[i] as number;
    const half = binWidth(middle) / 2;
    if (half > 0) sum += ((counts[i] as number) * between(middle - half, middle + half, ends)) / (2 * half);
  }
  return sum;
};

/**
 * The sum of (x - xq)^2 over a tensor that is rounded to the nearest point of a grid; clipped elements are part of it.
 *
 * @param sample elements, or a histogram: then as if its elements were spread evenly over their bins
 * @param params of one channel
 */
export const squaredError = ({ values, counts }: Sample, params: QParams): number =>
  counts ? ofHistogram(values, counts, endsOf(params)) : ofElements(values, endsOf(params));
