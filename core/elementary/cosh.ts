import { exp } from "./exp.ts";
import { expm1 } from "./expm1.ts";
import { fromWord } from "./float64.ts";

const halfLn2 = fromWord(0x3fd62e43);

/**
 * Hyperbolic cosine, with an error below 2 units in the last place; the same bits on every machine. Infinite from 709.79 on, where e^x is.
 *
 * @see fdlibm 5.3, e_cosh.c (Sun Microsystems 1993)
 */
export const cosh = (x: number): number => {
  const size = Math.abs(x);
  if (size < halfLn2) {
    const t = expm1(size);
    return 1 + (t * t) / (2 * (1 + t));
  }
  const power = exp(size);
  return size < 22 ? 0.5 * power + 0.5 / power : 0.5 * power;
};
