/** @file Storing the first few lanes of a vector, and adding lanes to totals in memory. */

/** Stores 32-bit lanes 0 .. count - 1 of `x`; nothing for a count of 0 or less, all four for 4 or more. */
export function storeLanes(to: usize, x: v128, count: i32): void {
  if (count >= 4) v128.store(to, x);
  else if (count > 0) {
    v128.store32_lane(to, x, 0);
    if (count > 1) v128.store32_lane(to, x, 1, 4);
    if (count > 2) v128.store32_lane(to, x, 2, 8);
  }
}

/** Adds four float32 sums to four float64 totals. */
@inline
export function addTo(to: usize, sum: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(sum)));
  const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(sum, sum, 1, 1));
  v128.store(to, f64x2.add(v128.load(to, 16), high), 16);
}
