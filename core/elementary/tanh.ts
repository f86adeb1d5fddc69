import { expm1 } from "./expm1.ts";

/**
 * Hyperbolic tangent, with an error below 2 units in the last place; the same bits on every machine.
 *
 *     1 - 2 / (e^(2|x|) + 1) from 1 on,   -(e^(-2|x|) - 1) / (e^(-2|x|) + 1) below,   with the sign of x
 *
 * @see fdlibm 5.3, s_tanh.c (Sun Microsystems 1993)
 */
export const tanh = (x: number): number => {
  const size = Math.abs(x);
  if (Number.isNaN(x) || size < 2 ** -28) return x;
  if (size >= 22) return Math.sign(x);
  const t = expm1(size >= 1 ? 2 * size : -2 * size);
  const y = size >= 1 ? 1 - 2 / (t + 2) : -t / (t + 2);
  return x < 0 ? -y : y;
};
