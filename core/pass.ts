/**
 * @file Passes: an expression and the sinks that say what is wanted of it (store it, quantize it, observe its range, sum its
 * channels), which an engine runs as one pass over memory.
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
 * Sinks of a pass: what it leaves behind.
 *
 * - `store`: the elements, float32.
 * - `quantize`: codes clip(round(x * inverse) + zeroPoint), inverse = inverseScale(scale), x * inverse rounded to float32; with a
 *   `noise` key `roundingNoise(key, element)` is added (in float32) before rounding, otherwise nearest. NaN becomes the zero
 *   point. With `gradientMask` the pass also writes one byte an element: 1 where its rounded code lay inside [qmin, qmax] (or was NaN),
 *   0 where it was clipped. Per tensor only; weights with a scale per channel are quantized channel by channel.
 * - `observe`: the range of what is not clipped.
 * - `channelSums`: per channel, with c = of - around, the sums of x and of x * c; where `of` is missing, c = x - around and the sums
 *   are those of c and of c * c. The positions of a sample in runs (`runs.ts`), samples in order in float64.
 *
 * `path` names the site or layer that asks. An engine may tell it, and computes nothing of it.
 */
export interface Sinks {
  readonly store?: boolean;
  readonly quantize?: { readonly params: QParams; readonly noise?: Key; readonly gradientMask?: boolean };
  readonly observe?: boolean;
  readonly channelSums?: { readonly of?: Expr; readonly around: Float32Array };
  readonly path?: string;
}

/** Tensors that nobody needs once a pass is done; to be asked before it runs. */
export const releasedByPass = (x: Expr, { channelSums }: Sinks): Intermediate[] =>
  channelSums?.of ? releasedBy(x, channelSums.of) : releasedBy(x);

/** Sums over all positions, by channel. */
export interface ChannelSums {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** One field for each sink that was asked for. Numbers may come from a device later than tensors, which stay there. */
export interface PassResult {
  readonly stored?: Tensor;
  readonly codes?: Codes;
  /** Elements whose rounded code lay outside [qmin, qmax], NaN not counted. */
  readonly clipped?: Eventual<number>;
  readonly gradientMask?: Codes;
  readonly range?: Eventual<RangeStat>;
  readonly channelSums?: Eventual<ChannelSums>;
}
