import { absMax } from "../../core/range.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import type { Projected, Projecting } from "./projection.ts";

/** Bit widths at which odd multiples of one step, up to 2^bits - 1 of them, fit into 8-bit integers. */
export const oddBits: readonly number[] = [2, 3, 4, 5, 6, 7];

/**
 * Rounds to 2^bits levels that divide a range evenly, both ends included: multiples of m / a for [0, m], and odd multiples, none of
 * which is 0, for [-m, m]; a = 2^bits - 1.
 *
 *     [0, m]     m q / a,              q = clamp(round(a x / m), 0, a)
 *     [-m, m]    m (2 q - a) / a,      q = clamp(round(a (x / 2m + 1/2)), 0, a)
 *
 * Noise for stochastic rounding is added before rounding. NaN counts as 0. Odd multiples fit into 8-bit integers up to 7 bits.
 *
 * @param range [0, m] or [-m, m]
 * @example
 * ontoEvenLevels(Float32Array.of(-1, 0.1, 1), { range: { lo: -1, hi: 1 }, bits: 2, noise: undefined }).values; // [-1, 0.3333333, 1]
 */
export const ontoEvenLevels = (
  x: Float32Array,
  { range, bits, noise }: Pick<Projecting, "range" | "bits" | "noise">,
): Projected => {
  const most = 2 ** bits - 1;
  const largest = absMax(range);
  const isSigned = range.lo < 0;
  const [width, middle] = isSigned ? [2 * largest, 0.5] : [largest, 0];
  const step = Math.fround(largest / most);
  const noises = noise?.(x.length);
  const whole = new Int16Array(x.length);
  let clipped = 0;
  if (step > 0)
    for (let i = 0; i < x.length; i++) {
      const value = x[i] as number;
      const place = Number.isNaN(value) ? middle : value / width + middle;
      const q = roundHalfEvenSmall(most * place + (noises ? (noises[i] as number) : 0));
      if (q < 0 || q > most) clipped++;
      const within = Math.min(Math.max(q, 0), most);
      whole[i] = isSigned ? 2 * within - most : within;
    }
  const values = new Float32Array(x.length);
  for (let i = 0; i < values.length; i++) values[i] = step * (whole[i] as number);
  if (isSigned && bits === 8) return { values, clipped };
  const zeroPoint = isSigned ? 0 : -(2 ** (bits - 1));
  const codes = Int8Array.from(whole, (level) => level + zeroPoint);
  const params = {
    bits,
    qmin: isSigned ? -most : zeroPoint,
    qmax: isSigned ? most : zeroPoint + most,
    scale: Float32Array.of(step > 0 ? step : 1),
    zeroPoint: Int32Array.of(zeroPoint),
  };
  return { values, clipped, integers: { codes, params } };
};
