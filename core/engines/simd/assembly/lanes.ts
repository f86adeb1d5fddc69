/** @file Storing the first few lanes of a vector. */

/** Stores 32-bit lanes 0 .. count - 1 of `x`; nothing for a count of 0 or less, all four for 4 or more. */
export function storeLanes(to: usize, x: v128, count: i32): void {
  if (count >= 4) v128.store(to, x);
  else if (count > 0) {
    v128.store32_lane(to, x, 0);
    if (count > 1) v128.store32_lane(to, x, 1, 4);
    if (count > 2) v128.store32_lane(to, x, 2, 8);
  }
}
