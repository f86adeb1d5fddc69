/** @file The stages of a normalization: forward, with a rectifier behind it if there is one, and its pullback. */
import { clipped } from "./stages";

@inline
function normal(x: v128, mean: v128, scale: v128, shift: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.sub(x, mean), scale), shift);
}

/** Four elements of min(max((x - mean) * scale + shift, lo), hi), or without the bounds; see `clip`. */
@inline
function four(x: v128, mean: v128, scale: v128, shift: v128, clips: bool, low: v128, high: v128, zeros: v128): v128 {
  const y = normal(x, mean, scale, shift);
  return clips ? clipped(y, low, high, zeros) : y;
}

@inline
function normalizing(
  from: usize,
  to: usize,
  n: i32,
  period: i32,
  mean: usize,
  scale: usize,
  shift: usize,
  clips: bool,
  lo: f32,
  hi: f32,
  zero: f32,
): void {
  const low = f32x4.splat(lo);
  const high = f32x4.splat(hi);
  const zeros = f32x4.splat(zero);
  for (; n > 0; n -= period) {
    const size = min(n, period);
    let m = mean;
    let s = scale;
    let t = shift;
    for (const end = from + 4 * (size & ~15); from < end; from += 64, to += 64, m += 64, s += 64, t += 64) {
      const a = four(v128.load(from), v128.load(m), v128.load(s), v128.load(t), clips, low, high, zeros);
      v128.store(to, a);
      const b = four(v128.load(from, 16), v128.load(m, 16), v128.load(s, 16), v128.load(t, 16), clips, low, high, zeros);
      v128.store(to, b, 16);
      const c = four(v128.load(from, 32), v128.load(m, 32), v128.load(s, 32), v128.load(t, 32), clips, low, high, zeros);
      v128.store(to, c, 32);
      const d = four(v128.load(from, 48), v128.load(m, 48), v128.load(s, 48), v128.load(t, 48), clips, low, high, zeros);
      v128.store(to, d, 48);
    }
    for (const end = from + 4 * (size & 15); from < end; from += 16, to += 16, m += 16, s += 16, t += 16)
      v128.store(to, four(v128.load(from), v128.load(m), v128.load(s), v128.load(t), clips, low, high, zeros));
  }
}

/** (x - mean) * scale + shift. */
export function normalized(from: usize, to: usize, n: i32, period: i32, mean: usize, scale: usize, shift: usize): void {
  normalizing(from, to, n, period, mean, scale, shift, false, 0, 0, 0);
}

/** The same and `clip` at once. */
export function normalizedClip(
  from: usize,
  to: usize,
  n: i32,
  period: i32,
  mean: usize,
  scale: usize,
  shift: usize,
  lo: f32,
  hi: f32,
  zero: f32,
): void {
  normalizing(from, to, n, period, mean, scale, shift, true, lo, hi, zero);
}

/** x * scale + ((other - mean) * slope + shift). */
export function combined(
  from: usize,
  other: usize,
  to: usize,
  n: i32,
  period: i32,
  scale: usize,
  mean: usize,
  slope: usize,
  shift: usize,
): void {
  let rest: v128;
  while (n > 0) {
    const all = min(n, period);
    const end = from + 4 * (all & ~15);
    let a = scale;
    let m = mean;
    let b = slope;
    let c = shift;
    while (from < end) {
      rest = normal(v128.load(other), v128.load(m), v128.load(b), v128.load(c));
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from), v128.load(a)), rest));
      rest = normal(v128.load(other, 16), v128.load(m, 16), v128.load(b, 16), v128.load(c, 16));
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from, 16), v128.load(a, 16)), rest), 16);
      rest = normal(v128.load(other, 32), v128.load(m, 32), v128.load(b, 32), v128.load(c, 32));
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from, 32), v128.load(a, 32)), rest), 32);
      rest = normal(v128.load(other, 48), v128.load(m, 48), v128.load(b, 48), v128.load(c, 48));
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from, 48), v128.load(a, 48)), rest), 48);
      from += 64;
      other += 64;
      to += 64;
      a += 64;
      m += 64;
      b += 64;
      c += 64;
    }
    for (let left = all & 15; left > 0; left -= 4) {
      rest = normal(v128.load(other), v128.load(m), v128.load(b), v128.load(c));
      v128.store(to, f32x4.add(f32x4.mul(v128.load(from), v128.load(a)), rest));
      from += 16;
      other += 16;
      to += 16;
      a += 16;
      m += 16;
      b += 16;
      c += 16;
    }
    n -= all;
  }
}

/** Maximum number of channels for `combinedRows`: two cache lines, beyond which strided memory access is slow. */
export const rowLimit: i32 = 32;

/** The same for whole rows of channels, a multiple of eight, eight at a time, with their vectors in registers. */
export function combinedRows(
  from: usize,
  other: usize,
  to: usize,
  rows: i32,
  width: i32,
  scale: usize,
  mean: usize,
  slope: usize,
  shift: usize,
): void {
  const rowBytes: usize = 4 * width;
  for (let at: usize = 0; at < rowBytes; at += 32) {
    const a0 = v128.load(scale + at);
    const a1 = v128.load(scale + at, 16);
    const m0 = v128.load(mean + at);
    const m1 = v128.load(mean + at, 16);
    const b0 = v128.load(slope + at);
    const b1 = v128.load(slope + at, 16);
    const c0 = v128.load(shift + at);
    const c1 = v128.load(shift + at, 16);
    let x = from + at;
    let o = other + at;
    let y = to + at;
    for (let r = rows; r > 0; r--) {
      const rest0 = normal(v128.load(o), m0, b0, c0);
      const rest1 = normal(v128.load(o, 16), m1, b1, c1);
      v128.store(y, f32x4.add(f32x4.mul(v128.load(x), a0), rest0));
      v128.store(y, f32x4.add(f32x4.mul(v128.load(x, 16), a1), rest1), 16);
      x += rowBytes;
      o += rowBytes;
      y += rowBytes;
    }
  }
}
