/**
 * @file Terms of integers in blocks: the exact sum of a block's products, as float32, times the scales of both operands, is added to a
 *   float32 sum. Four rows of one operand by eight of the other, whose pairs are interleaved.
 */

/** Bytes of the sums of a tile. */
export const sumBytes: usize = 128;

/** Sets the sums of a tile to 0. */
export function clear(sums: usize): void {
  const zero = f32x4.splat(0);
  for (let at: usize = 0; at < sumBytes; at += 16) v128.store(sums + at, zero);
}

/** Adds the products of one pair of int16 to four sums. */
@inline
function addPair(sum: v128, x: v128, w: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(x, w));
}

/** Adds float32(exact) * x * w to four sums, where x is the scale of a row of the first operand, and w has those of the second. */
@inline
function addTerm(at: usize, exact: v128, x: v128, w: v128): void {
  const term = f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(exact), x), w);
  v128.store(at, f32x4.add(v128.load(at), term));
}

/**
 * Adds the term of one block to sums [row][8] float32: rows of `pairs` pairs of int16 at x0 .. x3, whose scales are at s0 .. s3, by
 * interleaved rows [pair][8][2] int16 at `w`, whose scales [8] are at `ws`. The loop is left between two pairs, as in
 * `integerProduct.ts`.
 */
@inline
export function addBlock(
  pairs: i32,
  w: usize,
  ws: usize,
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  s0: usize,
  s1: usize,
  s2: usize,
  s3: usize,
  sums: usize,
): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  let low: v128;
  let high: v128;
  let x: v128;
  while (true) {
    low = v128.load(w);
    high = v128.load(w, 16);
    x = v128.load32_splat(x0);
    a0 = addPair(a0, x, low);
    a1 = addPair(a1, x, high);
    x = v128.load32_splat(x1);
    b0 = addPair(b0, x, low);
    b1 = addPair(b1, x, high);
    x = v128.load32_splat(x2);
    c0 = addPair(c0, x, low);
    c1 = addPair(c1, x, high);
    x = v128.load32_splat(x3);
    d0 = addPair(d0, x, low);
    d1 = addPair(d1, x, high);
    if (--pairs == 0) break;
    low = v128.load(w, 32);
    high = v128.load(w, 48);
    x = v128.load32_splat(x0, 4);
    a0 = addPair(a0, x, low);
    a1 = addPair(a1, x, high);
    x = v128.load32_splat(x1, 4);
    b0 = addPair(b0, x, low);
    b1 = addPair(b1, x, high);
    x = v128.load32_splat(x2, 4);
    c0 = addPair(c0, x, low);
    c1 = addPair(c1, x, high);
    x = v128.load32_splat(x3, 4);
    d0 = addPair(d0, x, low);
    d1 = addPair(d1, x, high);
    if (--pairs == 0) break;
    low = v128.load(w, 64);
    high = v128.load(w, 80);
    x = v128.load32_splat(x0, 8);
    a0 = addPair(a0, x, low);
    a1 = addPair(a1, x, high);
    x = v128.load32_splat(x1, 8);
    b0 = addPair(b0, x, low);
    b1 = addPair(b1, x, high);
    x = v128.load32_splat(x2, 8);
    c0 = addPair(c0, x, low);
    c1 = addPair(c1, x, high);
    x = v128.load32_splat(x3, 8);
    d0 = addPair(d0, x, low);
    d1 = addPair(d1, x, high);
    if (--pairs == 0) break;
    low = v128.load(w, 96);
    high = v128.load(w, 112);
    x = v128.load32_splat(x0, 12);
    a0 = addPair(a0, x, low);
    a1 = addPair(a1, x, high);
    x = v128.load32_splat(x1, 12);
    b0 = addPair(b0, x, low);
    b1 = addPair(b1, x, high);
    x = v128.load32_splat(x2, 12);
    c0 = addPair(c0, x, low);
    c1 = addPair(c1, x, high);
    x = v128.load32_splat(x3, 12);
    d0 = addPair(d0, x, low);
    d1 = addPair(d1, x, high);
    if (--pairs == 0) break;
    w += 128;
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
  }
  low = v128.load(ws);
  high = v128.load(ws, 16);
  x = v128.load32_splat(s0);
  addTerm(sums, a0, x, low);
  addTerm(sums + 16, a1, x, high);
  x = v128.load32_splat(s1);
  addTerm(sums + 32, b0, x, low);
  addTerm(sums + 48, b1, x, high);
  x = v128.load32_splat(s2);
  addTerm(sums + 64, c0, x, low);
  addTerm(sums + 80, c1, x, high);
  x = v128.load32_splat(s3);
  addTerm(sums + 96, d0, x, low);
  addTerm(sums + 112, d1, x, high);
}

/** Copies `n` codes as int16 to `to`; writes whole vectors. */
export function widenRow(from: usize, to: usize, n: i32): void {
  for (const end = from + n; from < end; from += 8, to += 16)
    v128.store(to, i16x8.extend_low_i8x16_s(v128.load64_zero(from)));
}

/** Eight codes of a row as int16, or zeros. */
@inline
function eight(from: usize, isThere: bool): v128 {
  return isThere ? i16x8.extend_low_i8x16_s(v128.load64_zero(from)) : i16x8.splat(0);
}

/** Stores four vectors of four pairs as four vectors of the first, second .. pair of each, 32 bytes apart. */
@inline
function turn(a: v128, b: v128, c: v128, d: v128, to: usize): void {
  const low = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const high = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const otherLow = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const otherHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low, otherLow, 0, 2));
  v128.store(to, v128.shuffle<i64>(low, otherLow, 1, 3), 32);
  v128.store(to, v128.shuffle<i64>(high, otherHigh, 0, 2), 64);
  v128.store(to, v128.shuffle<i64>(high, otherHigh, 1, 3), 96);
}

/**
 * Interleaves pairs of eight rows as [pair][row][2] int16; rows from number `real` on are zeros, and so is what lacks to a pair. Rows of
 * `n` codes are `apart` bytes apart.
 */
export function interleave(from: usize, apart: usize, real: i32, n: i32, to: usize): void {
  const whole = n & ~7;
  for (let k = 0; k < whole; k += 8, to += 128) {
    const at = from + k;
    turn(
      eight(at, real > 0),
      eight(at + apart, real > 1),
      eight(at + 2 * apart, real > 2),
      eight(at + 3 * apart, real > 3),
      to,
    );
    turn(
      eight(at + 4 * apart, real > 4),
      eight(at + 5 * apart, real > 5),
      eight(at + 6 * apart, real > 6),
      eight(at + 7 * apart, real > 7),
      to + 16,
    );
  }
  for (let k = whole; k < n; k += 2, to += 32)
    for (let j = 0; j < 8; j++) {
      const at = from + j * apart + k;
      store<i16>(to + 4 * j, j < real ? load<i8>(at) : 0);
      store<i16>(to + 4 * j, j < real && k + 1 < n ? load<i8>(at + 1) : 0, 2);
    }
}
