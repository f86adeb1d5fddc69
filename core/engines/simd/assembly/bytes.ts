/**
 * @file Products of bytes, four per sum, used for integer products if the runtime has relaxed SIMD.
 *
 *     sum + x0 * w0 + x1 * w1 + x2 * w2 + x3 * w3        x: the free operand, w: signed
 *
 * `i32x4.relaxed_dot_i8x16_i7x16_add_s` does not specify the meaning of its second operand beyond 7 bits: it is signed on some
 * processors, unsigned on others, and on others unsigned with sums of two products that saturate at 16 bits. `probe.ts` finds out
 * which. x is therefore the code plus an `offset`, 0 or 128, that makes it what the processor expects; its zero point moves along,
 * so no product of differences (x - zero) * w changes.
 *
 * This file is compiled twice. Without relaxed SIMD the instruction is emulated, so that specs can check the kernels for either
 * meaning on any machine.
 */

export const enum Meaning {
  /** No products of bytes: all products are of int16 pairs. */
  None,
  Signed,
  Unsigned,
  /** Unsigned, with sums of two products that are exact if w has 7 bits. */
  Pairs,
}

export let meaning: Meaning = Meaning.None;
/** Added to codes of the free operand, modulo 256. */
export let offset: i32 = 0;

/** Chooses how bytes are multiplied; called once. */
export function multiplyBytes(how: Meaning): void {
  meaning = how;
  offset = how >= Meaning.Unsigned ? 128 : 0;
}

const onesAt: usize = memory.data<u16>([1, 1, 1, 1, 1, 1, 1, 1], 16);

/** Ones of int16 for `dot`, needed by u8 only; read from memory, because a constant would be rebuilt for every product. */
@inline
export function onesOf<T>(): v128 {
  return sizeof<T>() == 1 && !isSigned<T>() ? v128.load(onesAt) : i16x8.splat(1);
}

/** The instruction, emulated in int16. */
function spelledOut(sum: v128, x: v128, w: v128): v128 {
  const low = offset ? i16x8.extend_low_i8x16_u(x) : i16x8.extend_low_i8x16_s(x);
  const high = offset ? i16x8.extend_high_i8x16_u(x) : i16x8.extend_high_i8x16_s(x);
  const a = i32x4.dot_i16x8_s(low, i16x8.extend_low_i8x16_s(w));
  const b = i32x4.dot_i16x8_s(high, i16x8.extend_high_i8x16_s(w));
  return i32x4.add(sum, i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7)));
}

/**
 * Adds the products of the numbers in each 32 bits to four sums. T is their type: i16 for two of int16, i8 for four bytes, u8 for
 * four bytes with the meaning `Pairs`. `ones` is the result of `onesOf`.
 */
@inline
export function dot<T>(sum: v128, x: v128, w: v128, ones: v128): v128 {
  if (sizeof<T>() == 2) return i32x4.add(sum, i32x4.dot_i16x8_s(x, w));
  if (!ASC_FEATURE_RELAXED_SIMD) return spelledOut(sum, x, w);
  if (isSigned<T>()) return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, sum);
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(w, x), ones));
}

/** Whether `n` codes can be the signed operand. */
export function canBeSigned(codes: usize, n: i32): bool {
  if (meaning != Meaning.Pairs) return meaning != Meaning.None;
  const whole = codes + (n & ~15);
  const margin = i8x16.splat(64);
  let wide = i8x16.splat(0);
  for (; codes < whole; codes += 16) wide = v128.or(wide, i8x16.add(v128.load(codes), margin));
  for (n &= 15; n > 0; n--, codes++) wide = v128.or(wide, i8x16.splat(load<i8>(codes) + 64));
  return !i8x16.bitmask(wide);
}

/** The first four of the 8 groups of four that four vectors of 8 bytes make. */
@inline
export function lowFours(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const cd = v128.shuffle<i8>(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  return v128.shuffle<i16>(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The last four groups. */
@inline
export function highFours(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const cd = v128.shuffle<i8>(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  return v128.shuffle<i16>(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Sums of the four signed bytes in each 32 bits. */
@inline
export function sumsOfFours(x: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(x));
}
