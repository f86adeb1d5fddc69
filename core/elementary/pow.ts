import { P1, P2, P3, P4, P5 } from "./exp.ts";
import { fromWord, leading, scaled, upperWord, withUpperWord } from "./float64.ts";

const [L1, L2, L3, L4, L5, L6] = [
  0.5999999999999946, 0.4285714285785502, 0.33333332981837743, 0.272728123808534, 0.23066074577556175,
  0.20697501780033842,
] as const;

/** ln(2) and 2 / (3 ln(2)), each also in two parts of which the upper one has few bits. */
const [ln2, ln2Upper, ln2Lower] = [Math.LN2, 0.6931471824645996, -1.904654299957768e-9] as const;
const [perLn2, perLn2Upper, perLn2Lower] = [
  0.9617966939259756, 0.9617967009544373, -7.028461650952758e-9,
] as const;

/** 1 and 3/2, one of which is near a mantissa, with their logarithms to base 2 in two parts. */
const centres = [
  { centre: 1, upper: 0, lower: 0 },
  { centre: 1.5, upper: 0.5849624872207642, lower: 1.350039202129749e-8 },
] as const;

/** What makes up for a result of 2^1024 that rounding alone has reached. */
const justBelowOverflow = 8.008566259537294e-17;

/** log2(x) as `upper + lower`; the upper part has 21 bits. */
const logarithm = { upper: 0, lower: 0 };

/** Writes log2(x) of a positive number to `logarithm`, to about 70 bits. */
const log2InTwoParts = (x: number): void => {
  const isSubnormal = x < 2 ** -1022;
  const normal = isSubnormal ? x * 2 ** 53 : x;
  const word = upperWord(normal);
  const mantissa = word & 0xfffff;
  const isNextPower = mantissa >= 0xbb67a;
  const which = mantissa <= 0x3988e || isNextPower ? 0 : 1;
  const { centre, upper, lower } = centres[which];
  const n = (word >> 20) - 1023 - (isSubnormal ? 53 : 0) + (isNextPower ? 1 : 0);
  const mWord = mantissa | (isNextPower ? 0x3fe00000 : 0x3ff00000);
  const m = withUpperWord(normal, mWord);

  // s = (m - centre) / (m + centre) in two parts
  const difference = m - centre;
  const inverse = 1 / (m + centre);
  const s = difference * inverse;
  const sUpper = leading(s);
  const sumUpper = fromWord(((mWord >> 1) | 0x20000000) + 0x80000 + (which << 18));
  const sumLower = m - (sumUpper - centre);
  const sLower = inverse * (difference - sUpper * sumUpper - sUpper * sumLower);

  // log(m / centre) = 2 s / 3 (3 + s^2 + ..), its factor in two parts
  const s2 = s * s;
  const series = s2 * s2 * (L1 + s2 * (L2 + s2 * (L3 + s2 * (L4 + s2 * (L5 + s2 * L6)))));
  const r = series + sLower * (sUpper + s);
  const square = sUpper * sUpper;
  const factorUpper = leading(3 + square + r);
  const factorLower = r - (factorUpper - 3 - square);
  const u = sUpper * factorUpper;
  const v = sLower * factorUpper + factorLower * s;
  const productUpper = leading(u + v);
  const productLower = v - (productUpper - u);

  const zUpper = perLn2Upper * productUpper;
  const zLower = perLn2Lower * productUpper + productLower * perLn2 + lower;
  logarithm.upper = leading(zUpper + zLower + upper + n);
  logarithm.lower = zLower - (logarithm.upper - n - upper - zUpper);
};

/** 2^(upper + lower). */
const power2 = (upper: number, lower: number): number => {
  const z = lower + upper;
  if (z > 1024 || (z === 1024 && lower + justBelowOverflow > z - upper)) return Number.POSITIVE_INFINITY;
  if (z < -1075 || (z === -1075 && lower <= z - upper)) return 0;
  const size = Math.abs(z);
  const whole = Math.floor(size);
  const n = upperWord(size) > 0x3fe00000 ? (size - whole >= 0.5 ? whole + 1 : whole) * Math.sign(z) : 0;
  const left = upper - n;
  const t = leading(lower + left);
  const u = t * ln2Upper;
  const v = (lower - (t - left)) * ln2 + t * ln2Lower;
  const r = u + v;
  const lost = v - (r - u);
  const square = r * r;
  const c = r - square * (P1 + square * (P2 + square * (P3 + square * (P4 + square * P5))));
  // V8 up to 11.3 (Node 20) divides by the lost part too, where fdlibm subtracts it; those bits are kept.
  return scaled(1 - ((r * c) / (c - 2 - (lost + r * lost)) - r), n);
};

/**
 * x^y of x >= 0, with an error below 1 unit in the last place; the same bits on every machine, which `Math.pow` and `**` do not promise.
 *
 *     x^y = 2^(y log2(x)),   the logarithm and its product to about 70 bits
 *
 * @returns NaN for x < 0
 * @see fdlibm 5.3, e_pow.c (Sun Microsystems 1993): method and coefficients
 */
export const pow = (x: number, y: number): number => {
  if (y === 0) return 1;
  if (!(x >= 0) || Number.isNaN(y)) return Number.NaN;
  if (x === 1) return Number.isFinite(y) ? 1 : Number.NaN;
  if (x === 0 || x === Number.POSITIVE_INFINITY || !Number.isFinite(y))
    return x > 1 === y > 0 ? Number.POSITIVE_INFINITY : 0;
  if (Math.abs(y) === 1) return y === 1 ? x : 1 / x;
  if (y === 2) return x * x;
  if (y === 0.5) return Math.sqrt(x);
  log2InTwoParts(x);
  const yUpper = leading(y);
  return power2(yUpper * logarithm.upper, (y - yUpper) * logarithm.upper + y * logarithm.lower);
};
