/**
 * @file Counter-based random numbers, four counters at a time, with the bits of `core/random.ts`, for rounding noise.
 *
 * They are written to memory and read again by the rounding loops, because the constants of both together exceed the registers.
 */
import { table } from "./arena";

/**
 * Both halves of the key, and the three multipliers of the mix, each repeated in all lanes of a vector; see `quantize.ts` for the
 * reason.
 */
const keys: usize = table(32);
const factors: usize = table(48);
/** Differences between eight counters and the eight before; 1 in every 16-bit lane. */
const steps: usize = table(16);
const ones: usize = table(16);

export function setKey(k0: i32, k1: i32): void {
  v128.store(keys, i32x4.splat(k0));
  v128.store(keys, i32x4.splat(k1), 16);
  v128.store(factors, i32x4.splat(0x7feb352d));
  v128.store(factors, i32x4.splat(0x846ca68b), 16);
  v128.store(factors, i32x4.splat(0x9e3779b1), 32);
  v128.store(steps, i32x4.splat(8));
  v128.store(ones, i16x8.splat(1));
}

/** 32 random bits for each of four counters. */
@inline
function randomBits(counters: v128, k0: v128, k1: v128, factor1: v128, factor2: v128, factor3: v128): v128 {
  let x = v128.xor(counters, k0);
  x = v128.xor(x, i32x4.shr_u(x, 16));
  x = i32x4.mul(x, factor1);
  x = i32x4.add(v128.xor(x, i32x4.shr_u(x, 15)), k1);
  x = i32x4.mul(x, factor2);
  x = v128.xor(x, i32x4.shr_u(x, 16));
  x = i32x4.mul(v128.xor(x, k0), factor3);
  return v128.xor(x, i32x4.shr_u(x, 15));
}

/** The random bits of counters `first` .. `first + 8 * pairs - 1`, with both halves made odd. */
export function oddPairs(first: u32, pairs: i32, to: usize): void {
  const key0 = v128.load(keys);
  const key1 = v128.load(keys, 16);
  const factor1 = v128.load(factors);
  const factor2 = v128.load(factors, 16);
  const factor3 = v128.load(factors, 32);
  const step = v128.load(steps);
  const one = v128.load(ones);
  let even = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  let odd = i32x4.add(i32x4.splat(first), i32x4(4, 5, 6, 7));
  for (; pairs > 0; pairs--, to += 32) {
    v128.store(to, v128.or(randomBits(even, key0, key1, factor1, factor2, factor3), one));
    v128.store(to, v128.or(randomBits(odd, key0, key1, factor1, factor2, factor3), one), 16);
    even = i32x4.add(even, step);
    odd = i32x4.add(odd, step);
  }
}
