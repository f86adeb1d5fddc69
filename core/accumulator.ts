/** @file Narrow accumulators: exact sums of integer products, stored in a register with fewer bits. */
import ndarray from "ndarray";
import type { Sums } from "./product.ts";

/**
 * A register for sums of integer products.
 *
 * `wrap`: the sum modulo 2^bits, as an adder of that width computes it, in any order of the products. `saturate`: the
 * complete sum clipped to the register's bounds. Hardware that clips after each addition may differ, depending on the
 * order.
 */
export interface Accumulator {
  /** Width including the sign bit, 2 to 31. */
  readonly bits: number;
  /** Treatment of a sum that does not fit. */
  readonly overflow: "wrap" | "saturate";
  /** Whether it also holds the sums of the backward products, which are much longer; otherwise those are exact. */
  readonly backward: boolean;
}

/** Sums as stored in an accumulator, and the number of overflows. */
export interface Narrowed {
  /** Sums in the register, as int32. */
  readonly sums: Sums;
  /** Number of sums that did not fit. */
  readonly overflows: number;
}

/** Stores exact sums of (code - zeroPoint) products in a narrower register. */
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
