/**
 * @file A separate module that determines the meaning of relaxed byte products on this processor, by trying all of them.
 *
 * A runtime without relaxed SIMD refuses this module, and is then not asked to compile the kernels that use it.
 */
import { Meaning } from "./bytes";

/** Differences of other bytes from the first; the first four are equal, which makes the largest sums. */
const spreadA = i8x16(0, 0, 0, 0, 0, 1, -128, -1, 17, -55, 90, 33, -1, -128, 64, 5);
const spreadB = i8x16(0, 0, 0, 0, 0, -1, 0, -128, -128, 7, 99, -6, 1, -1, 127, 60);

/** Exact sums of two products, of signed a, and of b, signed or not. */
function low(a: v128, b: v128, signed: bool): v128 {
  const wide = signed ? i16x8.extend_low_i8x16_s(b) : i16x8.extend_low_i8x16_u(b);
  return i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(a), wide);
}

function high(a: v128, b: v128, signed: bool): v128 {
  const wide = signed ? i16x8.extend_high_i8x16_s(b) : i16x8.extend_high_i8x16_u(b);
  return i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(a), wide);
}

function sums(a: v128, b: v128, c: v128, signed: bool): v128 {
  const x = low(a, b, signed);
  const y = high(a, b, signed);
  return i32x4.add(c, i32x4.add(v128.shuffle<i32>(x, y, 0, 2, 4, 6), v128.shuffle<i32>(x, y, 1, 3, 5, 7)));
}

/** The `Meaning` that no pair of bytes contradicts; sums that wrap around are checked as well. */
export function meaning(): Meaning {
  const all = i32x4.splat(-1);
  let signed = all;
  let unsigned = all;
  let pairs = all;
  for (let i = 0; i < 65536; i++) {
    const a = i8x16.add(i8x16.splat(<i8>(i >> 8)), spreadA);
    const b = i8x16.add(i8x16.splat(<i8>i), spreadB);
    const c = i32x4.splat(i * 65521);
    const four = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, b, c);
    signed = v128.and(signed, i32x4.eq(four, sums(a, b, c, true)));
    unsigned = v128.and(unsigned, i32x4.eq(four, sums(a, b, c, false)));
    const half = i8x16.shr_s(a, 1);
    const two = i16x8.relaxed_dot_i8x16_i7x16_s(half, b);
    pairs = v128.and(pairs, i32x4.eq(i32x4.extend_low_i16x8_s(two), low(half, b, false)));
    pairs = v128.and(pairs, i32x4.eq(i32x4.extend_high_i16x8_s(two), high(half, b, false)));
  }
  if (i32x4.all_true(unsigned)) return Meaning.Unsigned;
  if (i32x4.all_true(signed)) return Meaning.Signed;
  return i32x4.all_true(pairs) ? Meaning.Pairs : Meaning.None;
}
