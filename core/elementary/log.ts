import { upperWord, withUpperWord } from "./float64.ts";
import { ln2Lower, ln2Upper } from "./ln2.ts";

/** Coefficients of log(1 + f) = f - s (f - R), R = L1 s^2 + L2 s^4 + .., where s = f / (2 + f). */
export const [L1, L2, L3, L4, L5, L6, L7] = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
] as const;

/** R, odd and even terms apart. */
const remainder = (square: number): number => {
  const fourth = square * square;
  const even = fourth * (L2 + fourth * (L4 + fourth * L6));
  const odd = square * (L1 + fourth * (L3 + fourth * (L5 + fourth * L7)));
  return odd + even;
};

/** k ln(2) - (rest - f), where k ln(2) has two parts. */
const withPower = (k: number, f: number, rest: number): number =>
  k === 0 ? f - rest : k * ln2Upper - (rest - k * ln2Lower - f);

/**
 * Natural logarithm, with an error below 1 unit in the last place; the same bits on every machine, which `Math.log` does not promise.
 *
 *     x = 2^k (1 + f), 1 + f between sqrt(1/2) and sqrt(2),   s = f / (2 + f),   log(1 + f) = f - s (f - R),   R = L1 s^2 + L2 s^4 + ..
 *
 * @see fdlibm 5.3, e_log.c (Sun Microsystems 1993): method and coefficients
 */
export const log = (x: number): number => {
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (!(x > 0)) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const isSubnormal = x < 2 ** -1022;
  const normal = isSubnormal ? x * 2 ** 54 : x;
  const word = upperWord(normal);
  const mantissa = word & 0xfffff;
  const isUpperHalf = (mantissa + 0x95f64) & 0x100000;
  const k = (word >> 20) - 1023 + (isUpperHalf >> 20) - (isSubnormal ? 54 : 0);
  const f = withUpperWord(normal, mantissa | (isUpperHalf ^ 0x3ff00000)) - 1;
  if (f === 0) return k === 0 ? 0 : k * ln2Upper + k * ln2Lower;
  if ((0xfffff & (2 + mantissa)) < 3) return withPower(k, f, f * f * (0.5 - 0.3333333333333333 * f));
  const s = f / (2 + f);
  const R = remainder(s * s);
  // 1 + f away from 1, where halving the square of f first loses less
  if (((mantissa - 0x6147a) | (0x6b851 - mantissa)) > 0) {
    const half = 0.5 * f * f;
    return k === 0
      ? f - (half - s * (half + R))
      : k * ln2Upper - (half - (s * (half + R) + k * ln2Lower) - f);
  }
  return withPower(k, f, s * (f - R));
};
