import { fromWord, upperWord, withUpperWord } from "./float64.ts";
import { ln2Lower, ln2Upper } from "./ln2.ts";
import { L1, L2, L3, L4, L5, L6, L7 } from "./log.ts";

/** About sqrt(1/2) - 1 and sqrt(2) - 1: between them 1 + x needs no power of two. */
const [least, most] = [-0.2928934097290039, fromWord(0x3fda827a)] as const;

/** 1 + x = 2^k (1 + f), 1 + f between sqrt(1/2) and sqrt(2); what rounding 1 + x has lost, relative to it; whether f is nearly 0. */
const split = { k: 0, f: 0, lost: 0, isNear0: false };

const splitOnePlus = (x: number): void => {
  if (x > least && x < most) {
    split.k = 0;
    split.f = x;
    split.lost = 0;
    split.isNear0 = false;
    return;
  }
  const isLarge = x >= 2 ** 53;
  const sum = isLarge ? x : 1 + x;
  const word = upperWord(sum);
  const mantissa = word & 0xfffff;
  const isLowerHalf = mantissa < 0x6a09e;
  const k = (word >> 20) - 1023;
  split.lost = isLarge ? 0 : (k > 0 ? 1 - (sum - x) : x - (sum - 1)) / sum;
  split.k = isLowerHalf ? k : k + 1;
  split.f = withUpperWord(sum, mantissa | (isLowerHalf ? 0x3ff00000 : 0x3fe00000)) - 1;
  split.isNear0 = isLowerHalf ? mantissa === 0 : mantissa >= 0xffffd;
};

/**
 * log(1 + x), exact near 0, with an error below 1 unit in the last place; the same bits on every machine.
 *
 * @see fdlibm 5.3, s_log1p.c (Sun Microsystems 1993): method and coefficients
 */
export const log1p = (x: number): number => {
  if (!(x > -1)) return x === -1 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY || Math.abs(x) < 2 ** -54) return x;
  if (Math.abs(x) < 2 ** -29) return x - x * x * 0.5;
  splitOnePlus(x);
  const { k, f, lost, isNear0 } = split;
  const half = 0.5 * f * f;
  const lower = k * ln2Lower + lost;
  if (isNear0) {
    if (f === 0) return k === 0 ? 0 : k * ln2Upper + lower;
    const R = half * (1 - 0.6666666666666666 * f);
    return k === 0 ? f - R : k * ln2Upper - (R - lower - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const R = z * (L1 + z * (L2 + z * (L3 + z * (L4 + z * (L5 + z * (L6 + z * L7))))));
  return k === 0 ? f - (half - s * (half + R)) : k * ln2Upper - (half - (s * (half + R) + lower) - f);
};
