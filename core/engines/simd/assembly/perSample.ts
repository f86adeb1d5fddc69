/**
 * @file Products whose samples each have weights of their own, those of a sample behind those of the one before: matrix products of two
 *   activations. Each sample is computed as a convolution of one sample; several threads have different samples.
 */
import { mark, release } from "./arena";
import { floatWeightGradient } from "./floatWeightGradient";
import { firstSample, fromHeight, fromWidth, depth, groups, onlySample, ownSamples, samples, toHeight, toWidth, weightSize, width } from "./geometry";
import { integerWeightGradient } from "./integerWeightGradient";
import { inputSize, narrow, sampleFloats, sampleIntegers } from "./product";
import { beginShare, share, shares } from "./share";

/** Integer sums of the current convolution, through the pass, or as int32 to `raw` if that is not 0. All weights have the same zero point. */
export function integerProductPerSample(x: usize, zero: i32, w: usize, zeros: usize, raw: usize): void {
  narrow(raw != 0);
  const weights = weightSize();
  for (let n = firstSample, end = n + samples; n < end; n++) {
    const start = mark();
    onlySample(n);
    sampleIntegers(x + inputSize() * n, zero, w + weights * n, zeros, raw);
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
    sampleFloats(x + 4 * inputSize() * n, w + 4 * weights * n);
    release(start);
  }
}

/** Numbers of a sample of dy. */
function gradientSize(): usize {
  return toHeight * toWidth * groups * width;
}

/** Numbers of a sample of x. */
function activationSize(): usize {
  return fromHeight * fromWidth * groups * depth;
}

/** Integer weight gradients of all samples, as float64 to `to`, one behind the other. */
export function integerWeightGradientPerSample(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  ownSamples();
  const own = share;
  const all = shares;
  // The whole sample is one share.
  beginShare(0, 1);
  for (let n = firstSample, end = n + samples; n < end; n++) {
    onlySample(0);
    const sums = to + 8 * <usize>weightSize() * n;
    integerWeightGradient(dy + gradientSize() * n, dyZero, x + activationSize() * n, xZero, sums);
  }
  beginShare(own, all);
}

/** The same of float32. */
export function floatWeightGradientPerSample(dy: usize, x: usize, to: usize): void {
  ownSamples();
  const own = share;
  const all = shares;
  beginShare(0, 1);
  for (let n = firstSample, end = n + samples; n < end; n++) {
    onlySample(0);
    const sums = to + 8 * <usize>weightSize() * n;
    floatWeightGradient(dy + 4 * gradientSize() * n, x + 4 * activationSize() * n, sums);
  }
  beginShare(own, all);
}
