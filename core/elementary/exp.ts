import { scaled } from "./float64.ts";
import { reduceByLn2, reduced } from "./reduceByLn2.ts";

/** Coefficients of r coth(r / 2) = 2 + P1 r^2 + P2 r^4 + ..; also those of `pow`. */
export const [P1, P2, P3, P4, P5] = [
  0.16666666666666602, -0.0027777777777015593, 0.00006613756321437934, -0.0000016533902205465252,
  4.1381367970572385e-8,
] as const;

/**
 * e^x, with an error below 1 unit in the last place; the same bits on every machine, which `Math.exp` does not promise.
 *
 *     x = k ln(2) + r,   e^x = 2^k e^r,   e^r = 1 + r + r c / (2 - c),   c = r - (P1 r^2 + P2 r^4 + ..)
 *
 * @see fdlibm 5.3, e_exp.c (Sun Microsystems 1993): method and coefficients, and e itself for 1 as in V8
 */
export const exp = (x: number): number => {
  if (!(x <= 709.782712893384)) return Number.isNaN(x) ? x : Number.POSITIVE_INFINITY;
  if (x < -745.1332191019411) return 0;
  if (Math.abs(x) < 2 ** -28) return 1 + x;
  if (x === 1) return Math.E;
  reduceByLn2(x);
  const { k, upper, lower } = reduced;
  const r = upper - lower;
  const t = r * r;
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
  return scaled(1 - (lower - (r * c) / (2 - c) - upper), k);
};

/** A function that replaces numbers by their powers of e: `powersOfE`, or `exp` of an engine, which has the same bits. */
export type PowersOfE = (x: Float64Array) => void;

/** Replaces numbers by their powers of e. */
export const powersOfE: PowersOfE = (x) => {
  for (let i = 0; i < x.length; i++) x[i] = exp(x[i]!);
};
