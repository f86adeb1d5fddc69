import { absMax, type Range } from "../core/range.ts";
import { roundHalfEvenSmall } from "../core/rounding.ts";
import { fixed } from "./estimators/fixed.ts";
import { sat } from "./learned/sat.ts";
import type { WeightTransform } from "./learned/weightTransform.ts";
import type { Projection } from "./projections/projection.ts";
import type { NamedEstimator } from "./quantizer.ts";

/**
 * Weights of DoReFa: bent into [-1, 1] by tanh and rounded to odd multiples of 1 / (2^k - 1), which is SAT without its scale.
 *
 * @see Zhou et al. 2016, arXiv:1606.06160
 */
export const dorefaWeights = (): WeightTransform => ({
  ...sat({ grid: "original", rescale: "none" }),
  name: "dorefa",
});

/** Activations of DoReFa lie between 0 and 1. */
export const dorefaRange: NamedEstimator = {
  name: "fixed:lo=0,hi=1",
  estimator: fixed({ lo: 0, hi: 1 } satisfies Range),
};

/**
 * Gradients of DoReFa: odd multiples of m / a, with m the largest magnitude of the range, a = 2^k - 1, and noise N of one step.
 *
 *     2 m (clamp(round(a (g / 2m + 1/2) + a N), 0, a) / a - 1/2),   a N in (-1/2, 1/2)
 *
 * DoReFa takes m of the tensor itself: currentMinMax. Up to 7 bits they are multiplied as integers, 2 q - a for each code q.
 */
export const dorefaGradients = (): Projection => ({
  name: "dorefa",
  follows: "range",
  roles: ["gradient"],
  integerBits: [2, 3, 4, 5, 6, 7],
  project: (x, { range, bits, noise }) => {
    const most = 2 ** bits - 1;
    const largest = absMax(range);
    const step = Math.fround(largest / most);
    const noises = noise?.(x.length);
    const whole = new Int16Array(x.length);
    let clipped = 0;
    if (step > 0)
      for (let i = 0; i < x.length; i++) {
        const value = x[i] as number;
        const centred = Number.isNaN(value) ? 0.5 : value / (2 * largest) + 0.5;
        const q = roundHalfEvenSmall(most * centred + (noises ? (noises[i] as number) : 0));
        if (q < 0 || q > most) clipped++;
        whole[i] = 2 * Math.min(Math.max(q, 0), most) - most;
      }
    const values = new Float32Array(x.length);
    for (let i = 0; i < values.length; i++) values[i] = step * (whole[i] as number);
    if (bits === 8) return { values, clipped };
    const params = {
      bits,
      qmin: -most,
      qmax: most,
      scale: Float32Array.of(step > 0 ? step : 1),
      zeroPoint: Int32Array.of(0),
    };
    return { values, clipped, integers: { codes: new Int8Array(whole), params } };
  },
});
