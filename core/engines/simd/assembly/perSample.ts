/**
 * @file Products whose samples each have weights of their own, those of a sample behind those of the one before: matrix products of two
 *   activations. Each sample is computed as a convolution of one sample; several threads have different samples.
 *
 * These weights are activations, [row][group][channel], where those of a convolution are [group][row][channel], and so are their gradients.
 */
import { mark, release, take } from "./arena";
import { floatWeightGradient } from "./floatWeightGradient";
import {
  backward,
  depth,
  firstSample,
  groups,
  onlySample,
  ownSamples,
  samples,
  toHeight,
  toWidth,
  weightSize,
  width,
} from "./geometry";
import { integerWeightGradient } from "./integerWeightGradient";
import { inputSize, narrow, sampleFloats, sampleIntegers } from "./product";
import { beginShare, share, shares } from "./share";

/** Copies runs of `bytes` bytes from places [a][b] to places [b][a]. */
function swap(from: usize, to: usize, a: i32, b: i32, bytes: usize): void {
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) {
      let at = to + bytes * (j * a + i);
      const end = from + bytes;
      for (; from + 16 <= end; from += 16, at += 16) v128.store(at, v128.load(from));
      for (; from < end; from++, at++) store<u8>(at, load<u8>(from));
    }
}

/** Weights of a sample, of `bytes` bytes each, as those of a convolution. */
function grouped(w: usize, bytes: usize): usize {
  if (groups == 1) return w;
  const rows = backward ? depth : width;
  const run = bytes * (backward ? width : depth);
  const to = take(bytes * weightSize());
  swap(w, to, rows, groups, run);
  return to;
}

/** Integer sums of the current convolution, through the pass, or as int32 to `raw` if that is not 0. All weights have the same zero point. */
export function integerProductPerSample(x: usize, zero: i32, w: usize, zeros: usize, raw: usize): void {
  narrow(raw != 0);
  const weights = weightSize();
  for (let n = firstSample, end = n + samples; n < end; n++) {
    const start = mark();
    onlySample(n);
    sampleIntegers(x + inputSize() * n, zero, grouped(w + weights * n, 1), zeros, raw);
    release(start);
  }
}

/** Float32 sums of the current convolution through the pass. */
export function floatProductPerSample(x: usize, w: usize): void {
  narrow(false);
  const weights = weightSize();
  for (let n = firstSample, end = n + samples; n < end; n++) {
    const start = mark();
    onlySample(n);
    sampleFloats(x + 4 * inputSize() * n, grouped(w + 4 * weights * n, 4));
    release(start);
  }
}

/** Gradients of all samples, as float64 to `to`, one behind the other. `bytes` of a number: 1 for codes, 4 for float32. */
function gradientPerSample(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize, bytes: usize): void {
  ownSamples();
  const own = share;
  const all = shares;
  const start = mark();
  const sums: usize = groups == 1 ? 0 : take(8 * weightSize());
  const dyBytes: usize = bytes * toHeight * toWidth * groups * width;
  const xBytes: usize = bytes * inputSize();
  // A sample is not divided further.
  beginShare(0, 1);
  for (let n = firstSample, end = n + samples; n < end; n++) {
    onlySample(0);
    const destination = to + 8 * <usize>weightSize() * n;
    const found = sums ? sums : destination;
    if (bytes == 1) integerWeightGradient(dy + dyBytes * n, dyZero, x + xBytes * n, xZero, found);
    else floatWeightGradient(dy + dyBytes * n, x + xBytes * n, found);
    if (sums) swap(sums, destination, groups, width, 8 * depth);
  }
  beginShare(own, all);
  release(start);
}

/** Integer weight gradients of all samples, as float64 to `to`, one behind the other. */
export function integerWeightGradientPerSample(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  gradientPerSample(dy, dyZero, x, xZero, to, 1);
}

/** The same of float32. */
export function floatWeightGradientPerSample(dy: usize, x: usize, to: usize): void {
  gradientPerSample(dy, 0, x, 0, to, 4);
}
