/** @file The sinks of a pass: quantize, observe, sum channels. */
import { inverseScale, type QParams } from "../../qparams.ts";
import { type Key, roundingNoise } from "../../random.ts";
import type { RangeStat } from "../../range.ts";
import { roundHalfEven } from "../../rounding.ts";
import { longestRun } from "../../runs.ts";

const { fround } = Math;

/** Codes of x, the mask of those inside the grid, and the number of the others. */
export const quantized = (
  x: Float32Array,
  params: QParams,
  noise: Key | undefined,
): { readonly codes: Int8Array; readonly gradientMask: Int8Array; readonly clipped: number } => {
  const inverse = inverseScale(params.scale[0] as number);
  const zeroPoint = params.zeroPoint[0] as number;
  const [lo, hi] = [params.qmin - zeroPoint, params.qmax - zeroPoint];
  const codes = new Int8Array(x.length);
  const gradientMask = new Int8Array(x.length).fill(1);
  let clipped = 0;
  for (let i = 0; i < x.length; i++) {
    const t = fround((x[i] as number) * inverse);
    const n = Number.isNaN(t) ? 0 : roundHalfEven(noise ? fround(t + roundingNoise(noise, i)) : t);
    if (n < lo || n > hi) {
      clipped++;
      gradientMask[i] = 0;
    }
    codes[i] = Math.min(Math.max(n, lo), hi) + zeroPoint;
  }
  return { codes, gradientMask, clipped };
};

/** Minimum and maximum of the finite elements, and the number of the others. */
export const observed = (x: Float32Array): RangeStat => {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let nonFinite = 0;
  for (const value of x) {
    if (Number.isFinite(value)) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    } else nonFinite++;
  }
  return { min, max, count: x.length, nonFinite };
};

/**
 * Per channel, the sums of x and of x * (of - around), or of x - around and its square; in runs over one sample, in float64 over
 * samples.
 */
export const channelSums = (
  x: Float32Array,
  of: Float32Array | undefined,
  around: Float32Array,
  samples: number,
  channels: number,
): { readonly first: Float64Array; readonly second: Float64Array } => {
  const first = new Float64Array(channels);
  const second = new Float64Array(channels);
  const positions = x.length / (samples * channels);
  for (let n = 0; n < samples; n++)
    for (let from = 0; from < positions; from += longestRun)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let product = 0;
        for (let p = from; p < Math.min(from + longestRun, positions); p++) {
          const i = (n * positions + p) * channels + c;
          const centred = fround(((of ?? x)[i] as number) - (around[around.length === 1 ? 0 : c] as number));
          const value = of ? (x[i] as number) : centred;
          sum = fround(sum + value);
          product = fround(product + fround(value * centred));
        }
        first[c] = (first[c] as number) + sum;
        second[c] = (second[c] as number) + product;
      }
  return { first, second };
};
