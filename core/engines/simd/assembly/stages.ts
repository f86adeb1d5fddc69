/**
 * @file The stages of a pass on one chunk, in float32 with a rounding after each operation.
 *
 * `n` is the number of elements. Loops run over whole vectors, so up to 3 elements past the end are undefined. They process four
 * vectors per iteration, because an iteration costs as much as a vector.
 *
 * Vectors with an entry per channel (`scale`, `shift`, ..) are patterns of `period` elements, and every stage begins with the
 * first. Patterns are short, so that they leave the nearest cache to the elements.
 */

/** to = scale * (code - zero), 8 elements at a time. */
export function dequantize(codes: usize, to: usize, n: i32, scale: f32, zero: i32): void {
  const zeros = i16x8.splat(<i16>zero);
  const scales = f32x4.splat(scale);
  const end = codes + n;
  for (; codes < end; codes += 8, to += 32) {
    const x = i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(codes)), zeros);
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(x)), scales));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(x)), scales), 16);
  }
}

/** to = float32 of int32. */
export function fromInt32(from: usize, to: usize, n: i32): void {
  for (const end = from + 4 * (n & ~15); from < end; from += 64, to += 64) {
    v128.store(to, f32x4.convert_i32x4_s(v128.load(from)));
    v128.store(to, f32x4.convert_i32x4_s(v128.load(from, 16)), 16);
    v128.store(to, f32x4.convert_i32x4_s(v128.load(from, 32)), 32);
    v128.store(to, f32x4.convert_i32x4_s(v128.load(from, 48)), 48);
  }
  for (const end = from + 4 * (n & 15); from < end; from += 16, to += 16) v128.store(to, f32x4.convert_i32x4_s(v128.load(from)));
}

/** to = float32 of float64. */
export function fromFloat64(from: usize, to: usize, n: i32): void {
  for (const end = to + 4 * n; to < end; from += 16, to += 8)
    v128.store64_lane(to, f32x4.demote_f64x2_zero(v128.load(from)), 0);
}

export function scaled(from: usize, to: usize, n: i32, period: i32, scale: usize): void {
  for (; n > 0; n -= period) {
    const m = min(n, period);
    let s = scale;
    for (const end = from + 4 * (m & ~15); from < end; from += 64, to += 64, s += 64) {
      v128.store(to, f32x4.mul(v128.load(from), v128.load(s)));
      v128.store(to, f32x4.mul(v128.load(from, 16), v128.load(s, 16)), 16);
      v128.store(to, f32x4.mul(v128.load(from, 32), v128.load(s, 32)), 32);
      v128.store(to, f32x4.mul(v128.load(from, 48), v128.load(s, 48)), 48);
    }
    for (const end = from + 4 * (m & 15); from < end; from += 16, to += 16, s += 16) v128.store(to, f32x4.mul(v128.load(from), v128.load(s)));
  }
}

/** to = float32 of int32, scaled. */
export function scaledInt32(from: usize, to: usize, n: i32, period: i32, scale: usize): void {
  for (; n > 0; n -= period) {
    const m = min(n, period);
    let s = scale;
    for (const end = from + 4 * (m & ~15); from < end; from += 64, to += 64, s += 64) {
      v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(v128.load(from)), v128.load(s)));
      v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(v128.load(from, 16)), v128.load(s, 16)), 16);
      v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(v128.load(from, 32)), v128.load(s, 32)), 32);
      v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(v128.load(from, 48)), v128.load(s, 48)), 48);
    }
    for (const end = from + 4 * (m & 15); from < end; from += 16, to += 16, s += 16)
      v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(v128.load(from)), v128.load(s)));
  }
}

/** x + other. */
export function added(from: usize, other: usize, to: usize, n: i32): void {
  for (const end = from + 4 * (n & ~15); from < end; from += 64, to += 64, other += 64) {
    v128.store(to, f32x4.add(v128.load(from), v128.load(other)));
    v128.store(to, f32x4.add(v128.load(from, 16), v128.load(other, 16)), 16);
    v128.store(to, f32x4.add(v128.load(from, 32), v128.load(other, 32)), 32);
    v128.store(to, f32x4.add(v128.load(from, 48), v128.load(other, 48)), 48);
  }
  for (const end = from + 4 * (n & 15); from < end; from += 16, to += 16, other += 16)
    v128.store(to, f32x4.add(v128.load(from), v128.load(other)));
}

export function shifted(from: usize, to: usize, n: i32, period: i32, shift: usize): void {
  for (; n > 0; n -= period, from += 4 * period, to += 4 * period) added(from, shift, to, min(n, period));
}

export function affine(from: usize, to: usize, n: i32, period: i32, scale: usize, shift: usize): void {
  for (; n > 0; n -= period) {
    const m = min(n, period);
    let s = scale;
    let t = shift;
    for (const end = from + 4 * (m & ~15); from < end; from += 64, to += 64, s += 64, t += 64) {
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from), v128.load(s)), v128.load(t)));
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from, 16), v128.load(s, 16)), v128.load(t, 16)), 16);
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from, 32), v128.load(s, 32)), v128.load(t, 32)), 32);
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from, 48), v128.load(s, 48)), v128.load(t, 48)), 48);
    }
    for (const end = from + 4 * (m & 15); from < end; from += 16, to += 16, s += 16, t += 16)
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from), v128.load(s)), v128.load(t)));
  }
}

@inline
export function clipped(x: v128, low: v128, high: v128, zeros: v128): v128 {
  return f32x4.pmin(f32x4.add(f32x4.pmax(x, low), zeros), high);
}

/** min(max(x, lo), hi) for `hi` other than -0: two plain comparisons. `zero` is +0 if lo is +0, otherwise -0, and turns -0 into +0. */
export function clip(from: usize, to: usize, n: i32, lo: f32, hi: f32, zero: f32): void {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const zeros = f32x4.splat(zero);
  for (const end = from + 4 * (n & ~15); from < end; from += 64, to += 64) {
    v128.store(to, clipped(v128.load(from), low, high, zeros));
    v128.store(to, clipped(v128.load(from, 16), low, high, zeros), 16);
    v128.store(to, clipped(v128.load(from, 32), low, high, zeros), 32);
    v128.store(to, clipped(v128.load(from, 48), low, high, zeros), 48);
  }
  for (const end = from + 4 * (n & 15); from < end; from += 16, to += 16)
    v128.store(to, clipped(v128.load(from), low, high, zeros));
}

/** min(max(x, lo), hi) for any bounds. */
export function clipOrdered(from: usize, to: usize, n: i32, lo: f32, hi: f32): void {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  for (const end = from + 4 * n; from < end; from += 16, to += 16)
    v128.store(to, f32x4.min(f32x4.max(v128.load(from), low), high));
}

@inline
function gated(x: v128, other: v128, low: v128, high: v128): v128 {
  return v128.and(x, v128.and(f32x4.gt(other, low), f32x4.lt(other, high)));
}

/** x where lo < other < hi, else 0. */
export function gate(from: usize, other: usize, to: usize, n: i32, lo: f32, hi: f32): void {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  for (const end = from + 4 * (n & ~15); from < end; from += 64, to += 64, other += 64) {
    v128.store(to, gated(v128.load(from), v128.load(other), low, high));
    v128.store(to, gated(v128.load(from, 16), v128.load(other, 16), low, high), 16);
    v128.store(to, gated(v128.load(from, 32), v128.load(other, 32), low, high), 32);
    v128.store(to, gated(v128.load(from, 48), v128.load(other, 48), low, high), 48);
  }
  for (const end = from + 4 * (n & 15); from < end; from += 16, to += 16, other += 16)
    v128.store(to, gated(v128.load(from), v128.load(other), low, high));
}

/** x where the byte of `inside` is not 0, else 0. */
export function masked(from: usize, inside: usize, to: usize, n: i32): void {
  const none = i8x16.splat(0);
  for (const end = from + 4 * (n & ~15); from < end; from += 64, to += 64, inside += 16) {
    const kept = i8x16.ne(v128.load(inside), none);
    const first = i16x8.extend_low_i8x16_s(kept);
    const second = i16x8.extend_high_i8x16_s(kept);
    v128.store(to, v128.and(v128.load(from), i32x4.extend_low_i16x8_s(first)));
    v128.store(to, v128.and(v128.load(from, 16), i32x4.extend_high_i16x8_s(first)), 16);
    v128.store(to, v128.and(v128.load(from, 32), i32x4.extend_low_i16x8_s(second)), 32);
    v128.store(to, v128.and(v128.load(from, 48), i32x4.extend_high_i16x8_s(second)), 48);
  }
  for (const end = from + 4 * (n & 15); from < end; from += 16, to += 16, inside += 4) {
    const kept = i8x16.ne(v128.load32_zero(inside), none);
    v128.store(to, v128.and(v128.load(from), i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(kept))));
  }
}
