import { upperWord, withUpperWord } from "./float64.ts";
import { log } from "./log.ts";

const [log2Upper, log2Lower] = [0.30102999566361177, 3.694239077158931e-13] as const;
const perLn10 = Math.LOG10E;

/**
 * Logarithm to base 10, with an error below 2 units in the last place; the same bits on every machine.
 *
 * @see fdlibm 5.3, e_log10.c (Sun Microsystems 1993): method and coefficients
 */
export const log10 = (x: number): number => {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return log(x);
  const isSubnormal = x < 2 ** -1022;
  const normal = isSubnormal ? x * 2 ** 54 : x;
  const word = upperWord(normal);
  const k = (word >> 20) - 1023 - (isSubnormal ? 54 : 0);
  const isBelow1 = k < 0 ? 1 : 0;
  const m = withUpperWord(normal, (word & 0xfffff) | ((1023 - isBelow1) << 20));
  const n = k + isBelow1;
  return n * log2Lower + perLn10 * log(m) + n * log2Upper;
};
