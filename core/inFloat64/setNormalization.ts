/**
 * @file Normalization of sets of a sample's elements by their own mean and variance, and its pullback, in float64, each result rounded once to
 * float32.
 */

import { type Shape, sizeOf } from "../tensor.ts";

/** Sets of a sample's elements that are normalized together, each made of runs of neighbouring channels. All have the same size. */
export interface Sets {
  /** Number of sets. */
  readonly count: number;
  /** Number of channels in a run; it divides the channels of the sample. */
  readonly run: number;
  /** Set of a run; runs are numbered in memory order. */
  readonly of: (run: number) => number;
}

/** The sets of a sample [H, W, C]. */
export interface SetLayout extends Omit<Sets, "of"> {
  readonly setOf: Int32Array;
  /** Number of elements of a sample. */
  readonly size: number;
  readonly channels: number;
}

export const setLayout = ({ count, run, of }: Sets, shape: Shape): SetLayout => {
  const size = sizeOf(shape);
  const setOf = Int32Array.from({ length: size / run }, (_, r) => of(r));
  return { count, run, setOf, size, channels: shape.at(-1) as number };
};

/** Moments of every set of a batch. */
export interface SetMoments {
  readonly mean: Float64Array;
  /** 1 / sqrt(variance + epsilon). */
  readonly inverse: Float64Array;
}

/** Elements with their moments. */
export interface WithMoments extends SetMoments {
  readonly x: Float32Array;
}

/** Zeros for every set of a batch of `length` elements. */
const perSet = ({ size, count }: SetLayout, length: number): Float64Array =>
  new Float64Array((length / size) * count);

/** Mean and inverse deviation of each set; the variance is biased. */
export const setMoments = (layout: SetLayout, x: Float32Array, epsilon: number): SetMoments => {
  const { setOf, count, run, size } = layout;
  const members = size / count;
  const [mean, inverse] = [perSet(layout, x.length), perSet(layout, x.length)];
  for (let i = 0, r = 0, from = 0; i < x.length; r++) {
    if (r === setOf.length) [r, from] = [0, from + count];
    let sum = 0;
    for (const end = i + run; i < end; i++) sum += x[i]!;
    mean[from + setOf[r]!]! += sum;
  }
  for (let set = 0; set < mean.length; set++) mean[set]! /= members;
  for (let i = 0, r = 0, from = 0; i < x.length; r++) {
    if (r === setOf.length) [r, from] = [0, from + count];
    const set = from + setOf[r]!;
    const center = mean[set]!;
    let squares = 0;
    for (const end = i + run; i < end; i++) squares += (x[i]! - center) * (x[i]! - center);
    inverse[set]! += squares;
  }
  for (let set = 0; set < mean.length; set++) inverse[set] = 1 / Math.sqrt(inverse[set]! / members + epsilon);
  return { mean, inverse };
};

/** Writes y = (x - mean) * inverse * scale + shift. */
export const normalizeSets = (
  { setOf, count, run, channels }: SetLayout,
  { x, mean, inverse }: WithMoments,
  scale: Float32Array,
  shift: Float32Array,
  y: Float32Array,
): void => {
  for (let i = 0, r = 0, from = 0; i < x.length; r++) {
    if (r === setOf.length) [r, from] = [0, from + count];
    const set = from + setOf[r]!;
    const [center, factor] = [mean[set]!, inverse[set]!];
    for (let c = i % channels, end = c + run; c < end; c++, i++)
      y[i] = (x[i]! - center) * factor * scale[c]! + shift[c]!;
  }
};

/** Gradients of the scale and the shift; that of the input is written to `dx`. */
export const setGradients = (
  layout: SetLayout,
  { x, mean, inverse }: WithMoments,
  dy: Float32Array,
  scale: Float32Array,
  dx: Float32Array,
): Readonly<Record<"dscale" | "dshift", Float32Array>> => {
  const { setOf, count, run, size, channels } = layout;
  const members = size / count;
  const [dscale, dshift] = [new Float64Array(channels), new Float64Array(channels)];
  const [slopes, alongX] = [perSet(layout, x.length), perSet(layout, x.length)];
  for (let i = 0, r = 0, from = 0; i < x.length; r++) {
    if (r === setOf.length) [r, from] = [0, from + count];
    const set = from + setOf[r]!;
    const [center, factor] = [mean[set]!, inverse[set]!];
    let [sum, along] = [0, 0];
    for (let c = i % channels, end = c + run; c < end; c++, i++) {
      const slope = dy[i]!;
      const normal = (x[i]! - center) * factor;
      const scaled = slope * scale[c]!;
      dscale[c]! += slope * normal;
      dshift[c]! += slope;
      sum += scaled;
      along += scaled * normal;
    }
    slopes[set]! += sum;
    alongX[set]! += along;
  }
  for (let i = 0, r = 0, from = 0; i < x.length; r++) {
    if (r === setOf.length) [r, from] = [0, from + count];
    const set = from + setOf[r]!;
    const [center, factor] = [mean[set]!, inverse[set]!];
    const [offset, slope] = [slopes[set]! / members, alongX[set]! / members];
    for (let c = i % channels, end = c + run; c < end; c++, i++)
      dx[i] = factor * (dy[i]! * scale[c]! - offset - (x[i]! - center) * factor * slope);
  }
  return { dscale: Float32Array.from(dscale), dshift: Float32Array.from(dshift) };
};
