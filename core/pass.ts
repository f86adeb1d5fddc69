/**
 * @file Passes: an expression, and the sinks that consume it (store it, quantize it, observe its range, sum its
 *   channels). An engine runs them as one pass over memory.
 *
 *     pass = source -> stage -> stage -> ... -> sinks
 */
import type { Eventual } from "./eventual.ts";
import { type Expr, type Intermediate, releasedBy } from "./expr.ts";
import type { QParams } from "./qparams.ts";
import type { Key } from "./random.ts";
import type { RangeStat } from "./range.ts";
import type { Codes, Tensor } from "./tensor.ts";

/**
 * Sinks of a pass: what it computes from the elements.
 *
 * - `store`: the elements, float32.
 * - `quantize`: codes clip(round(x * inverse) + zeroPoint), inverse = inverseScale(scale), x * inverse rounded to
 *   float32. With a `noise` key, `roundingNoise(key, element)` is added (in float32) before rounding; otherwise
 *   rounding is to nearest. NaN becomes the zero point. With `gradientMask` the pass also writes one byte per element:
 *   1 where the rounded code was inside [qmin, qmax] (or NaN), 0 where it was clipped. Per tensor only; weights with a
 *   scale per channel are quantized channel by channel.
 * - `observe`: the statistics of the elements before any is clipped.
 * - `channelSums`: per channel, with c = of - around, the sums of x and of x * c; without `of`, c = x - around, and the
 *   sums are those of c and of c * c. Positions of a sample are added in runs (`runs.ts`), samples in order in float64.
 *
 * `path` names the site or layer that requests the pass. An engine may report it, but it does not affect the result.
 */
export interface Sinks {
  readonly store?: boolean;
  readonly quantize?: { readonly params: QParams; readonly noise?: Key; readonly gradientMask?: boolean };
  readonly observe?: boolean;
  readonly channelSums?: { readonly of?: Expr; readonly around: Float32Array };
  readonly path?: string;
}

/** Tensors that are no longer needed once a pass has run. Must be called before it runs. */
export const releasedByPass = (x: Expr, { channelSums }: Sinks): Intermediate[] =>
  channelSums?.of ? releasedBy(x, channelSums.of) : releasedBy(x);

/** Sums over all positions, per channel. */
export interface ChannelSums {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** One field per requested sink. Numbers may arrive from a device later than tensors, which stay there. */
export interface PassResult {
  readonly stored?: Tensor;
  readonly codes?: Codes;
  /** Number of elements whose rounded code was outside [qmin, qmax], NaN not counted. */
  readonly clipped?: Eventual<number>;
  readonly gradientMask?: Codes;
  readonly range?: Eventual<RangeStat>;
  readonly channelSums?: Eventual<ChannelSums>;
}
