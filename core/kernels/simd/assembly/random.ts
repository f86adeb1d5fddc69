/**
 * @file Counter-based random numbers, four counters at a time: the same bits as `core/random.ts`.
 *
 * Keys and constants are kept in memory, in every lane of a vector each, for the reason given in `quantize.ts`.
 */

export const firstKeys: usize = memory.data(16, 16);
export const secondKeys: usize = memory.data(16, 16);
/** The three multipliers of the mix, one vector after another. */
export const factors: usize = memory.data(48, 16);
/** The upper half of the float 128, in every 16-bit lane. */
export const halfPowers: usize = memory.data(16, 16);
/** 128 as a float, and 32767.5 / 65536. */
export const powers: usize = memory.data(16, 16);
export const middles: usize = memory.data(16, 16);

export function setKey(k0: i32, k1: i32): void {
  v128.store(firstKeys, i32x4.splat(k0));
  v128.store(secondKeys, i32x4.splat(k1));
  v128.store(factors, i32x4.splat(0x7feb352d));
  v128.store(factors, i32x4.splat(0x846ca68b), 16);
  v128.store(factors, i32x4.splat(0x9e3779b1), 32);
  v128.store(halfPowers, i16x8.splat(0x4300));
  v128.store(powers, f32x4.splat(128));
  v128.store(middles, f32x4.splat(32767.5 / 65536.0));
}

/** 32 random bits for each of four counters. */
@inline
export function randomBits(counters: v128, k0: v128, k1: v128, factor1: v128, factor2: v128, factor3: v128): v128 {
  let x = v128.xor(counters, k0);
  x = v128.xor(x, i32x4.shr_u(x, 16));
  x = i32x4.mul(x, factor1);
  x = i32x4.add(v128.xor(x, i32x4.shr_u(x, 15)), k1);
  x = i32x4.mul(x, factor2);
  x = v128.xor(x, i32x4.shr_u(x, 16));
  x = i32x4.mul(v128.xor(x, k0), factor3);
  return v128.xor(x, i32x4.shr_u(x, 15));
}

/**
 * The noise of four elements, (h - 32767.5) / 65536 for the lower four of eight 16-bit numbers h. As the lower half of a float whose
 * upper half is that of 128, h stands for 128 + h / 65536; both subtractions are exact.
 */
@inline
export function lowNoise(bits: v128, halfPower: v128, power: v128, middle: v128): v128 {
  const x = v128.shuffle<i16>(bits, halfPower, 0, 8, 1, 9, 2, 10, 3, 11);
  return f32x4.sub(f32x4.sub(x, power), middle);
}

/** The same for the upper four. */
@inline
export function highNoise(bits: v128, halfPower: v128, power: v128, middle: v128): v128 {
  const x = v128.shuffle<i16>(bits, halfPower, 4, 12, 5, 13, 6, 14, 7, 15);
  return f32x4.sub(f32x4.sub(x, power), middle);
}
