/** @file Samples in memory, as typed arrays, and batches of them. */
import type { Target } from "../../core/target.ts";
import { type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import type { Batch } from "../../operators/module/build.ts";
import type { Batches } from "./batches.ts";

/** Inputs one after another, each [H, W, C], and for each a class or `targetSize` numbers. */
export interface Samples {
  readonly x: Float32Array | Uint8Array;
  readonly y: Int32Array | Float32Array;
  readonly count: number;
}

export const noSamples: Samples = { x: new Float32Array(0), y: new Int32Array(0), count: 0 };

/** Layout of samples in batches. */
export interface Layout {
  /** [H, W, C] of an input. */
  readonly shape: Shape;
  /** [H, W, C] of a target; undefined if targets are classes. */
  readonly targetShape: Shape | undefined;
  /** Float values of the 256 bytes, per channel; undefined if inputs are floats. */
  readonly tables: readonly Float32Array[] | undefined;
}

/** Makes a function that writes an input as floats. */
const inputWriter = ({ x }: Samples, { shape, tables }: Layout) => {
  const size = sizeOf(shape);
  return (sample: number, out: Float32Array, start: number): void => {
    const from = x.subarray(sample * size, (sample + 1) * size);
    if (tables === undefined) out.set(from, start);
    else
      for (let i = 0; i < size; i++)
        out[start + i] = (tables[i % tables.length] as Float32Array)[from[i] as number] as number;
  };
};

const targetOf = ({ y }: Samples, { targetShape }: Layout, samples: readonly number[]): Target => {
  if (y instanceof Int32Array) return Int32Array.from(samples, (sample) => y[sample] as number);
  const size = sizeOf(targetShape ?? []);
  const values = new Float32Array(samples.length * size);
  for (const [i, sample] of samples.entries())
    values.set(y.subarray(sample * size, (sample + 1) * size), i * size);
  return tensor(values, [samples.length, ...(targetShape ?? [])]);
};

/**
 * Batches of samples, made from their number alone.
 *
 * @param pick the sample at a position of an epoch
 */
export const batchesOfSamples = (
  samples: Samples,
  layout: Layout,
  { batch, perEpoch }: { readonly batch: number; readonly perEpoch: number },
  pick: (epoch: number) => (position: number) => number,
): Batches => {
  const size = sizeOf(layout.shape);
  const write = inputWriter(samples, layout);
  const make = (step: number, into?: Float32Array): Batch => {
    const epoch = Math.floor(step / perEpoch);
    const first = (step - epoch * perEpoch) * batch;
    const n = Math.min(batch, samples.count - first);
    const x = into === undefined ? new Float32Array(n * size) : into.subarray(0, n * size);
    const pickAt = pick(epoch);
    const chosen = Array.from({ length: n }, (_, i) => pickAt(first + i));
    for (const [i, sample] of chosen.entries()) write(sample, x, i * size);
    return { x, target: targetOf(samples, layout, chosen), shape: [n, ...layout.shape] };
  };
  return { perEpoch, samplesPerEpoch: Math.min(perEpoch * batch, samples.count), make };
};
