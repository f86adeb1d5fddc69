/**
 * @file The stages of a pass over one chunk: float32, a rounding after each operation.
 *
 * `n` is the number of elements; loops run over whole vectors, so up to 3 elements past the end hold nothing of meaning.
 * Vectors of a channel each (`scale`, `shift`, ..) come as patterns as long as the chunk.
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
  for (const end = from + 4 * n; from < end; from += 16, to += 16)
    v128.store(to, f32x4.convert_i32x4_s(v128.load(from)));
}

/** to = float32 of float64. */
export function fromFloat64(from: usize, to: usize, n: i32): void {
  for (const end = to + 4 * n; to < end; from += 16, to += 8)
    v128.store64_lane(to, f32x4.demote_f64x2_zero(v128.load(from)), 0);
}

export function scaled(from: usize, to: usize, n: i32, scale: usize): void {
  for (const end = from + 4 * n; from < end; from += 16, to += 16, scale += 16)
    v128.store(to, f32x4.mul(v128.load(from), v128.load(scale)));
}

export function shifted(from: usize, to: usize, n: i32, shift: usize): void {
  for (const end = from + 4 * n; from < end; from += 16, to += 16, shift += 16)
    v128.store(to, f32x4.add(v128.load(from), v128.load(shift)));
}

export function affine(from: usize, to: usize, n: i32, scale: usize, shift: usize): void {
  for (const end = from + 4 * n; from < end; from += 16, to += 16, scale += 16, shift += 16)
    v128.store(to, f32x4.add(f32x4.mul(v128.load(from), v128.load(scale)), v128.load(shift)));
}

/** min(max(x, lo), hi) where `hi` is not -0: two plain comparisons; `zero` is +0 if lo is +0, otherwise -0, and makes -0 +0. */
export function clip(from: usize, to: usize, n: i32, lo: f32, hi: f32, zero: f32): void {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const zeros = f32x4.splat(zero);
  for (const end = from + 4 * n; from < end; from += 16, to += 16)
    v128.store(to, f32x4.pmin(f32x4.add(f32x4.pmax(v128.load(from), low), zeros), high));
}

/** min(max(x, lo), hi) for any ends. */
export function clipOrdered(from: usize, to: usize, n: i32, lo: f32, hi: f32): void {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  for (const end = from + 4 * n; from < end; from += 16, to += 16)
    v128.store(to, f32x4.min(f32x4.max(v128.load(from), low), high));
}

/** x where lo < other < hi, else 0. */
export function gate(from: usize, other: usize, to: usize, n: i32, lo: f32, hi: f32): void {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  for (const end = from + 4 * n; from < end; from += 16, to += 16, other += 16) {
    const o = v128.load(other);
    const open = v128.and(f32x4.gt(o, low), f32x4.lt(o, high));
    v128.store(to, v128.and(v128.load(from), open));
  }
}

/** x where the byte of `inside` is not 0, else 0. */
export function masked(from: usize, inside: usize, to: usize, n: i32): void {
  const none = i32x4.splat(0);
  for (const end = from + 4 * n; from < end; from += 16, to += 16, inside += 4) {
    const bytes = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(inside)));
    v128.store(to, v128.and(v128.load(from), i32x4.ne(bytes, none)));
  }
}

/** x * scale + ((other - mean) * slope + shift). */
export function combined(
  from: usize,
  other: usize,
  to: usize,
  n: i32,
  scale: usize,
  mean: usize,
  slope: usize,
  shift: usize,
): void {
  for (let i: usize = 0, bytes = <usize>(4 * n); i < bytes; i += 16) {
    const centred = f32x4.sub(v128.load(other + i), v128.load(mean + i));
    const rest = f32x4.add(f32x4.mul(centred, v128.load(slope + i)), v128.load(shift + i));
    v128.store(to + i, f32x4.add(f32x4.mul(v128.load(from + i), v128.load(scale + i)), rest));
  }
}
