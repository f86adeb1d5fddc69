import { fromWord, powerOfTwo } from "./float64.ts";
import { reduceByLn2, reduced } from "./reduceByLn2.ts";

const [Q1, Q2, Q3, Q4, Q5] = [
  -0.03333333333333313, 0.0015873015872548146, -0.0000793650757867488, 0.000004008217827329362,
  -2.0109921818362437e-7,
] as const;

/** From here on e^x - 1 is -1 below 0; about 56 ln(2). */
const far = fromWord(0x4043687a);

/** 2^k (1 + r + e) - 1, where `rest` is what e falls short of r. */
const withPower = (k: number, r: number, rest: number): number => {
  if (k === -1) return 0.5 * (r - rest) - 0.5;
  if (k === 1) return r < -0.25 ? -2 * (rest - (r + 0.5)) : 1 + 2 * (r - rest);
  if (k === 1024) return (1 - (rest - r)) * 2 * powerOfTwo(1023) - 1;
  if (k <= -2 || k > 56) return (1 - (rest - r)) * powerOfTwo(k) - 1;
  if (k < 20) return (1 - powerOfTwo(-k) - (rest - r)) * powerOfTwo(k);
  return (r - (rest + powerOfTwo(-k)) + 1) * powerOfTwo(k);
};

/**
 * e^x - 1, exact near 0, with an error below 1 unit in the last place; the same bits on every machine.
 *
 * @see fdlibm 5.3, s_expm1.c (Sun Microsystems 1993): method and coefficients
 */
export const expm1 = (x: number): number => {
  if (!(x <= 709.782712893384)) return Number.isNaN(x) ? x : Number.POSITIVE_INFINITY;
  if (x <= -far) return -1;
  if (Math.abs(x) < 2 ** -54) return x;
  reduceByLn2(x);
  const { k, upper, lower } = reduced;
  const r = k === 0 ? x : upper - lower;
  const lost = k === 0 ? 0 : upper - r - lower;
  const half = 0.5 * r;
  const square = r * half;
  const r1 = 1 + square * (Q1 + square * (Q2 + square * (Q3 + square * (Q4 + square * Q5))));
  const t = 3 - r1 * half;
  const e = square * ((r1 - t) / (6 - r * t));
  return k === 0 ? r - (r * e - square) : withPower(k, r, r * (e - lost) - lost - square);
};
