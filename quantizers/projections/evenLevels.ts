import { absMax } from "../../core/range.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import type { Projected, Projecting } from "./projection.ts";

/** The widths at which odd multiples of one step, up to 2^bits - 1 of them, are integers of 8 bits. */
export const oddBits: readonly number[] = [2, 3, 4, 5, 6, 7];

/**
 * Rounds to 2^bits levels that divide a range evenly, both of its ends among them: the multiples of m / a for [0, m], and for [-m, m]
 * its odd multiples, none of which is 0; a = 2^bits - 1.
 *
 *     [0, m]     m q / a,              q = clamp(round(a x / m), 0, a)
 *     [-m, m]    m (2 q - a) / a,      q = clamp(round(a (x / 2m + 1/2)), 0, a)
 *
 * The noise of stochastic rounding is added to what is rounded. NaN counts as 0. Odd multiples fit into integers of 8 bits up to 7 bits.
 *
 * @param range from 0, or as far below it as above
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
