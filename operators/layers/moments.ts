/** @file Mean and variance of a batch per channel, computed so that a mean far from 0 costs the variance no precision. */
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { ChannelSums } from "../../core/pass.ts";
import type { HostParameter } from "../../core/signal.ts";
import { square } from "../../core/square.ts";
import { elements, type Tensor } from "../../core/tensor.ts";
import type { Context } from "../step/context.ts";
import { present } from "../step/tape.ts";
import { type Task, wait } from "../step/task.ts";

/** Statistics of one batch per channel, in float64. */
export interface Moments {
  readonly mean: Float64Array;
  /** The biased variance, divided by `count`. */
  readonly variance: Float64Array;
  /** Number of values per channel. */
  readonly count: number;
}

/** Plain loop: `from` and `map` of a typed array take five times as long. */
const filled = <V extends Float32Array | Float64Array>(vector: V, f: (c: number) => number): V => {
  for (let c = 0; c < vector.length; c++) vector[c] = f(c);
  return vector;
};

/** A float32 vector with one number per channel. */
export const float32 = (channels: number, f: (c: number) => number): Float32Array =>
  filled(new Float32Array(channels), f);

const float64 = (channels: number, f: (c: number) => number): Float64Array =>
  filled(new Float64Array(channels), f);

/** The mean rounded to float32, and the rounding error of each channel. */
export const split = (
  mean: ArrayLike<number>,
): { readonly near: Float32Array; readonly rest: (c: number) => number } => {
  const near = float32(mean.length, (c) => mean[c] as number);
  return { near, rest: (c) => (mean[c] as number) - (near[c] as number) };
};

/** Moments from the sums of x - around and of (x - around)^2. */
const momentsAround = (around: ArrayLike<number>, { first, second }: ChannelSums, count: number): Moments => {
  const distance = (c: number): number => (first[c] as number) / count;
  return {
    mean: float64(first.length, (c) => (around[c] as number) + distance(c)),
    variance: float64(first.length, (c) => Math.max((second[c] as number) / count - square(distance(c)), 0)),
    count,
  };
};

/**
 * Largest distance between the subtracted value and the mean, in standard deviations; at this distance the variance has
 * lost 4 of its 24 bits.
 */
const farthest = 4;

/**
 * Whether the subtracted values were close enough to the mean in every channel. Deviations below sqrt(epsilon) are
 * ignored, since they have no effect on the normalized values.
 */
const isNear = (around: ArrayLike<number>, { mean, variance }: Moments, epsilon: number): boolean => {
  for (let c = 0; c < mean.length; c++) {
    const distance = ((mean[c] as number) - (around[c] as number)) / farthest;
    if (!(square(distance) <= (variance[c] as number) + epsilon)) return false;
  }
  return true;
};

/**
 * Writes x to memory and computes its moments around an expected mean in the same pass, which avoids cancellation. If
 * the actual mean turns out to be too far away, as it may be in the first steps, a second pass computes the moments
 * around the actual mean.
 *
 * @param expected mean of each channel
 * @param epsilon that is added to the variance where it is used
 */
export function* momentsOf(
  ctx: Context,
  x: Expr,
  expected: Float32Array,
  epsilon: number,
): Task<{ readonly tensor: Tensor; readonly moments: Moments }> {
  const { stored, channelSums } = yield* ctx.run(x, { store: true, channelSums: { around: expected } });
  const tensor = present(stored, "the stored tensor");
  const count = tensor.size / expected.length;
  const moments = momentsAround(expected, yield* wait(present(channelSums, "channel sums")), count);
  if (isNear(expected, moments, epsilon)) return { tensor, moments };
  const around = float32(expected.length, (c) => moments.mean[c] as number);
  const centred = yield* ctx.sums(ofTensor(tensor), { around });
  return { tensor, moments: momentsAround(around, centred, count) };
}

/** Running statistics, and the weight of the past in them. */
interface Running {
  readonly mean: HostParameter;
  readonly variance: HostParameter;
  readonly decay: number;
}

/** Updates the running statistics by one batch. The running variance is the unbiased one, as in PyTorch. */
export const follow = ({ mean, variance, decay }: Running, batch: Moments): void => {
  const unbiased = batch.count / Math.max(batch.count - 1, 1);
  const [runningMean, runningVariance] = [elements(mean.value), elements(variance.value)];
  for (let c = 0; c < runningMean.length; c++) {
    runningMean[c] = decay * (runningMean[c] as number) + (1 - decay) * (batch.mean[c] as number);
    runningVariance[c] =
      decay * (runningVariance[c] as number) + (1 - decay) * unbiased * (batch.variance[c] as number);
  }
};
