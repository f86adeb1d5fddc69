/** @file Narrow accumulators: what the exact sums of an integer product become in a register of fewer bits. */
import ndarray from "ndarray";
import type { Sums } from "./product.ts";

/**
 * A register for sums of integer products.
 *
 * `wrap`: the sum modulo 2^bits, which is what an adder of so many bits leaves whatever the order of the products. `saturate`: the
 * whole sum limited to the ends; hardware that limits after each addition may end elsewhere, depending on the order.
 */
export interface Accumulator {
  /** Width with the sign bit; 2 to 31. */
  readonly bits: number;
  /** Treatment of a sum that does not fit. */
  readonly overflow: "wrap" | "saturate";
  /** Whether it also takes the sums of the backward products, which are many times longer; otherwise those are exact. */
  readonly backward: boolean;
}

/** Sums as an accumulator leaves them, and how many of them did not fit. */
export interface Narrowed {
  readonly sums: Sums;
  readonly overflows: number;
}

/** Exact sums of (code - zeroPoint) products, taken into a narrower register. */
export const narrowed = (
  { bits, overflow }: Pick<Accumulator, "bits" | "overflow">,
  exact: Sums,
): Narrowed => {
  const [lowest, highest] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const modulus = 2 ** bits;
  const from = exact.data;
  const data = new Int32Array(exact.size);
  let overflows = 0;
  for (let i = 0; i < data.length; i++) {
    const sum = from[exact.offset + i] as number;
    if (sum >= lowest && sum <= highest) data[i] = sum;
    else {
      overflows++;
      if (overflow === "saturate") data[i] = sum < 0 ? lowest : highest;
      else data[i] = sum - modulus * Math.floor((sum - lowest) / modulus);
    }
  }
  return { sums: ndarray(data, [...exact.shape]), overflows };
};
