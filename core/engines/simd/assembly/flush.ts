/** @file Partial sums, int32 or float32, to float64 totals. */

/** Adds `rows` rows of `count` sums, `stride` apart, to contiguous totals, or stores them if `fresh`. */
export function flushIntegers(sums: usize, rows: i32, count: i32, stride: i32, to: usize, fresh: bool): void {
  for (let r = 0; r < rows; r++, sums += 4 * stride) {
    let i = 0;
    for (; i + 4 <= count; i += 4, to += 32) {
      const x = v128.load(sums + 4 * i);
      const low = f64x2.convert_low_i32x4_s(x);
      const high = f64x2.convert_low_i32x4_s(v128.shuffle<i64>(x, x, 1, 1));
      v128.store(to, fresh ? low : f64x2.add(v128.load(to), low));
      v128.store(to, fresh ? high : f64x2.add(v128.load(to, 16), high), 16);
    }
    for (; i < count; i++, to += 8)
      store<f64>(to, (fresh ? 0 : load<f64>(to)) + <f64>load<i32>(sums + 4 * i));
  }
}

/** Adds `count` float32 sums to float64 totals. */
export function addFloats(sums: usize, count: i32, to: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4, sums += 16, to += 32) {
    const x = v128.load(sums);
    v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(x)));
    const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
    v128.store(to, f64x2.add(v128.load(to, 16), high), 16);
  }
  for (; i < count; i++, sums += 4, to += 8) store<f64>(to, load<f64>(to) + <f64>load<f32>(sums));
}

/** Adds `rows` rows of `count` float32 sums, `stride` apart, to contiguous totals, and clears the sums. */
export function flushFloats(sums: usize, rows: i32, count: i32, stride: i32, to: usize): void {
  for (let r = 0; r < rows; r++) addFloats(sums + 4 * stride * r, count, to + 8 * count * r);
  memory.fill(sums, 0, 4 * stride * rows);
}
