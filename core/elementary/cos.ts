import { internal } from "../errors.ts";
import { fromWord, upperWord } from "./float64.ts";

const [C1, C2, C3, C4, C5, C6] = [
  0.0416666666666666, -0.001388888888887411, 0.00002480158728947673, -2.7557314351390663e-7,
  2.087572321298175e-9, -1.1359647557788195e-11,
] as const;

const [S1, S2, S3, S4, S5, S6] = [
  -0.16666666666666632, 0.00833333333332249, -0.0001984126982985795, 0.0000027557313707070068,
  -2.5050760253406863e-8, 1.58969099521155e-10,
] as const;

/** Half of pi: 33 bits, the next 33, and the next 33, each with what is left after them. */
const halfPi = [
  { part: 1.5707963267341256, rest: 6.077100506506192e-11 },
  { part: 6.077100506303966e-11, rest: 2.0222662487959506e-21 },
  { part: 2.0222662487111665e-21, rest: 8.4784276603689e-32 },
] as const;

const perHalfPi = 0.6366197723675814;
const farthest = 2 ** 19 * (Math.PI / 2);

/** cos(x + rest), for |x| <= pi / 4. */
const cosNear0 = (x: number, rest: number): number => {
  const size = Math.abs(x);
  if (size < 2 ** -27) return 1;
  const z = x * x;
  const tail = z * (z * (C1 + z * (C2 + z * (C3 + z * (C4 + z * (C5 + z * C6)))))) - x * rest;
  const word = upperWord(size);
  if (word < 0x3fd33333) return 1 - (0.5 * z - tail);
  // A number near x^2 / 4 that makes 1 minus it exact
  const quarter = word > 0x3fe90000 ? 0.28125 : fromWord(word - 0x200000);
  return 1 - quarter - (0.5 * z - quarter - tail);
};

/** sin(x + rest), for |x| <= pi / 4. */
const sinNear0 = (x: number, rest: number): number => {
  if (Math.abs(x) < 2 ** -27) return x;
  const z = x * x;
  const cube = z * x;
  const tail = S2 + z * (S3 + z * (S4 + z * (S5 + z * S6)));
  return x - (z * (0.5 * rest - cube * tail) - rest - cube * S1);
};

const exponentOf = (x: number): number => (upperWord(x) >> 20) & 0x7ff;

/** What is left of |x| without `quadrants` halves of pi: `x + rest`. */
const reduced = { quadrants: 0, x: 0, rest: 0 };

/** Writes size - n pi / 2 to `reduced`, with as many bits of pi as cancellation asks for. */
const reduceByHalfPi = (size: number): void => {
  const n = Math.trunc(size * perHalfPi + 0.5);
  const exponent = exponentOf(size);
  let left = size - n * halfPi[0].part;
  let lost = n * halfPi[0].rest;
  for (const [lostBits, { part, rest }] of [
    [16, halfPi[1]],
    [49, halfPi[2]],
  ] as const) {
    if (exponent - exponentOf(left - lost) <= lostBits) break;
    const before = left;
    const taken = n * part;
    left = before - taken;
    lost = n * rest - (before - left - taken);
  }
  reduced.quadrants = n;
  reduced.x = left - lost;
  reduced.rest = left - reduced.x - lost;
};

/**
 * Cosine of up to 823,549 radians, with an error below 1 unit in the last place; the same bits on every machine, which `Math.cos` does not
 * promise.
 *
 * @see fdlibm 5.3, s_cos.c, k_cos.c, k_sin.c and e_rem_pio2.c (Sun Microsystems 1993): method and coefficients
 */
export const cos = (x: number): number => {
  if (!Number.isFinite(x)) return Number.NaN;
  const size = Math.abs(x);
  if (size > farthest) throw internal(`the cosine of ${x}`);
  if (upperWord(size) <= 0x3fe921fb) return cosNear0(size, 0);
  reduceByHalfPi(size);
  const { quadrants, x: near, rest } = reduced;
  const y = quadrants % 2 === 0 ? cosNear0(near, rest) : sinNear0(near, rest);
  return quadrants % 4 === 1 || quadrants % 4 === 2 ? -y : y;
};
