import { absMax } from "../../core/range.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

/**
 * Symmetric uniform levels with a step per channel (the last side of an NHWC tensor), for activations and gradients. Integer
 * products cannot factor such scales out of their sums, so the result is float32.
 *
 *     q = round(most * clip(x, -bound, bound) / bound),   x' = q * bound / most,   most = 2^(bits - 1) - 1
 *
 * Bounds are those of the estimator's range, e.g. of `distributionAdaptive`; without them, all channels share one.
 *
 * @example
 * const range = { lo: -4, hi: 4, channels: [1, 4] };
 * tryProjection(perChannel(), [0.9, 0.9], { range, bits: 3 }).values; // [1, 1.333333]
 * @see the Gradient Vectorized Quantization of arXiv:2102.04782
 */
export const perChannel = (): Projection => ({
  name: "perChannel",
  follows: "channels",
  roles: ["activation", "gradient"],
  project: (x, { shape, range, bits, noise }) => {
    const channels = shape.at(-1) as number;
    const bounds = Float64Array.from(range.channels ?? Array.from({ length: channels }, () => absMax(range)));
    if (bounds.length !== channels)
      throw new Error(`the estimator gave ${bounds.length} bounds for ${channels} channels`);
    const most = 2 ** (bits - 1) - 1;
    const noises = noise?.(x.length);
    const values = new Float32Array(x.length);
    const gradientMask = new Int8Array(x.length).fill(1);
    let clipped = 0;
    for (let i = 0, channel = 0; i < x.length; i++) {
      const bound = bounds[channel] as number;
      channel = channel + 1 === channels ? 0 : channel + 1;
      const v = x[i] as number;
      if (bound === 0 || Number.isNaN(v)) continue;
      if (Math.abs(v) > bound) {
        clipped++;
        gradientMask[i] = 0;
      }
      const limited = Math.min(Math.max(v, -bound), bound);
      const code = roundHalfEvenSmall((limited * most) / bound + (noises ? (noises[i] as number) : 0));
      values[i] = (Math.min(Math.max(code, -most), most) * bound) / most;
    }
    return { values, gradientMask, clipped };
  },
});

/** `perChannel` in the catalogue of quantizers. */
export const perChannelEntry = projectionEntry({
  name: "perChannel",
  summary:
    "uniform steps with a step size per channel; use with distributionAdaptive; the rounding is Rangeflow's choice",
  source: "arXiv:2102.04782",
  options: {},
  make: perChannel,
});
