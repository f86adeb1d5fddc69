/** @file Normalization of sets of a sample's elements by their own mean and variance, as group and layer normalization have them. */
import { type Expr, ofTensor } from "../../core/expr.ts";
import { elements, sizeOf } from "../../core/tensor.ts";
import { constant } from "../module/initialize.ts";
import type { LayerScope } from "../step/layerScope.ts";
import type { Plan } from "../step/op.ts";
import { scratch } from "./scratch.ts";

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
interface Layout extends Omit<Sets, "of"> {
  readonly setOf: Int32Array;
  /** Number of elements of a sample. */
  readonly size: number;
  readonly channels: number;
}

/** Moments of every set of a batch. */
interface Moments {
  readonly mean: Float64Array;
  /** 1 / sqrt(variance + epsilon). */
  readonly inverse: Float64Array;
}

interface Saved extends Moments {
  readonly x: Float32Array;
}

/** Zeros for every set of a batch of `length` elements. */
const perSet = ({ size, count }: Layout, length: number): Float64Array =>
  new Float64Array((length / size) * count);

const momentsOf = (layout: Layout, x: Float32Array, epsilon: number): Moments => {
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
const normalize = (
  { setOf, count, run, channels }: Layout,
  { x, mean, inverse }: Saved,
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
const gradientsOf = (
  layout: Layout,
  { x, mean, inverse }: Saved,
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
      dscale[c]! += slope * normal;
      dshift[c]! += slope;
      sum += slope * scale[c]!;
      along += slope * scale[c]! * normal;
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

/**
 * The plan of a layer that normalizes sets of elements:
 *
 *     y[i] = (x[i] - mean) * inverse * scale[c] + shift[c],    inverse = 1 / sqrt(variance + epsilon)
 *     h = dy[i] * scale[c],    n = (x[i] - mean) * inverse
 *     dx[i] = inverse * (h - mean of h - n * mean of h * n),   dscale[c] = sum dy * n,   dshift[c] = sum dy
 *
 * Means are over the set of element i, the variance is biased, and c is its channel. In float64, each result rounded once to float32. It runs
 * on the host, so the bits are the same on every engine.
 */
export const setNormalization = (
  kind: string,
  { parameter, shape }: Pick<LayerScope, "parameter" | "shape">,
  { count, run, of }: Sets,
  epsilon: number,
  options: Plan<Saved>["options"],
): Plan<Saved> => {
  const channels = shape[2] as number;
  const scale = parameter("scale", "normalization", [channels], constant(1));
  const shift = parameter("shift", "normalization", [channels], constant(0));
  const size = sizeOf(shape);
  const setOf = Int32Array.from({ length: size / run }, (_, r) => of(r));
  const layout = { count, run, setOf, size, channels };
  const ofLength = scratch();
  return {
    kind,
    options,
    forward: function* (input, ctx) {
      const x = elements(yield* ctx.read(input));
      const save = { x, ...momentsOf(layout, x, epsilon) };
      const y = ofLength(x.length);
      normalize(layout, save, elements(scale.value), elements(shift.value), y);
      return { y: ofTensor(ctx.upload(y, input.shape)), save };
    },
    backward: function* (gradient, saved, ctx) {
      const dy = elements(yield* ctx.read(gradient));
      const dx = ofLength(dy.length);
      const { dscale, dshift } = gradientsOf(layout, saved, dy, elements(scale.value), dx);
      const vector = (values: Float32Array): Expr => ofTensor(ctx.upload(values, [channels]));
      return {
        dx: ofTensor(ctx.upload(dx, gradient.shape)),
        gradients: new Map([
          [scale, vector(dscale)],
          [shift, vector(dshift)],
        ]),
      };
    },
  };
};
