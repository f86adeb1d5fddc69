/**
 * @file The quantizing sink: float32 to int8 codes, sixteen at a time, with the clipped ones counted.
 *
 *     code = clip(roundHalfEven(x * inverse [+ noise]), lo, hi) + zero
 *
 * Noise belongs to pairs of elements, so blocks start at even elements; what does not fill a block goes through a padded copy.
 */
import {
  factors,
  firstKeys,
  halfPowers,
  highNoise,
  lowNoise,
  middles,
  powers,
  randomBits,
  secondKeys,
  setKey,
} from "./random";

/** 1.5 * 2^23: added to a small integer, it leaves that integer in the low bits of the sum. */
const magic: f32 = 12582912.0;
const magicBits: i32 = 0x4b400000;

const part: usize = memory.data(64, 16);
const partCodes: usize = memory.data(16, 16);
const partInside: usize = memory.data(16, 16);

/**
 * What stays the same for all elements, in every lane of a vector each. It is loaded before a loop because compilers build constants
 * and splats anew in each turn, at three instructions each.
 */
const inverses: usize = memory.data(16, 16);
const lows: usize = memory.data(16, 16);
const highs: usize = memory.data(16, 16);
const magics: usize = memory.data(16, 16);
const offsets: usize = memory.data(16, 16);

let noisy: bool = false;
let clipped: v128 = i32x4.splat(0);

/** `low` and `high` are the ends of the grid less the zero point; `zeroPoint` is within them. */
export function beginQuantize(inverseScale: f32, low: f32, high: f32, zeroPoint: i32): void {
  v128.store(inverses, f32x4.splat(inverseScale));
  v128.store(lows, f32x4.splat(low));
  v128.store(highs, f32x4.splat(high));
  v128.store(magics, f32x4.splat(magic));
  v128.store(offsets, i32x4.splat(magicBits - zeroPoint));
  noisy = false;
  clipped = i32x4.splat(0);
}

export function beginNoise(k0: i32, k1: i32): void {
  noisy = true;
  setKey(k0, k1);
}

/** Elements whose rounded code lay outside of the grid. */
export function clippedCount(): u32 {
  return (
    i32x4.extract_lane(clipped, 0) +
    i32x4.extract_lane(clipped, 1) +
    i32x4.extract_lane(clipped, 2) +
    i32x4.extract_lane(clipped, 3)
  );
}

/** Rounded to even; NaN becomes 0. */
@inline
function rounded(t: v128): v128 {
  return v128.and(f32x4.nearest(t), f32x4.eq(t, t));
}

@inline
function limited(n: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(n, low), high);
}

@inline
function narrowed(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

@inline
function coded(n: v128, added: v128, offset: v128): v128 {
  return i32x4.sub(f32x4.add(n, added), offset);
}

/** `blocks` times 16 elements, rounded to the nearest; `inside` may be 0. */
function nearestBlocks(x: usize, codes: usize, inside: usize, blocks: i32): void {
  const inverse = v128.load(inverses);
  const low = v128.load(lows);
  const high = v128.load(highs);
  const added = v128.load(magics);
  const offset = v128.load(offsets);
  let count = clipped;
  for (; blocks > 0; blocks--, x += 64, codes += 16) {
    const a = rounded(f32x4.mul(v128.load(x), inverse));
    const b = rounded(f32x4.mul(v128.load(x, 16), inverse));
    const c = rounded(f32x4.mul(v128.load(x, 32), inverse));
    const d = rounded(f32x4.mul(v128.load(x, 48), inverse));
    const limitedA = limited(a, low, high);
    const limitedB = limited(b, low, high);
    const limitedC = limited(c, low, high);
    const limitedD = limited(d, low, high);
    const outA = f32x4.ne(a, limitedA);
    const outB = f32x4.ne(b, limitedB);
    const outC = f32x4.ne(c, limitedC);
    const outD = f32x4.ne(d, limitedD);
    count = i32x4.sub(count, i32x4.add(i32x4.add(outA, outB), i32x4.add(outC, outD)));
    const code = narrowed(
      coded(limitedA, added, offset),
      coded(limitedB, added, offset),
      coded(limitedC, added, offset),
      coded(limitedD, added, offset),
    );
    v128.store(codes, code);
    if (inside) {
      v128.store(inside, i8x16.add(narrowed(outA, outB, outC, outD), i8x16.splat(1)));
      inside += 16;
    }
  }
  clipped = count;
}

/** The same with noise, from an even element on. */
function noisyBlocks(x: usize, codes: usize, inside: usize, element: u32, blocks: i32): void {
  const inverse = v128.load(inverses);
  const low = v128.load(lows);
  const high = v128.load(highs);
  const added = v128.load(magics);
  const offset = v128.load(offsets);
  const halfPower = v128.load(halfPowers);
  const power = v128.load(powers);
  const middle = v128.load(middles);
  const key0 = v128.load(firstKeys);
  const key1 = v128.load(secondKeys);
  const factor1 = v128.load(factors);
  const factor2 = v128.load(factors, 16);
  const factor3 = v128.load(factors, 32);
  let counters = i32x4.add(i32x4.splat(element >> 1), i32x4(0, 1, 2, 3));
  let count = clipped;
  for (; blocks > 0; blocks--, x += 64, codes += 16) {
    const even = randomBits(counters, key0, key1, factor1, factor2, factor3);
    const odd = randomBits(i32x4.add(counters, i32x4.splat(4)), key0, key1, factor1, factor2, factor3);
    counters = i32x4.add(counters, i32x4.splat(8));
    const a = rounded(f32x4.add(f32x4.mul(v128.load(x), inverse), lowNoise(even, halfPower, power, middle)));
    const b = rounded(f32x4.add(f32x4.mul(v128.load(x, 16), inverse), highNoise(even, halfPower, power, middle)));
    const c = rounded(f32x4.add(f32x4.mul(v128.load(x, 32), inverse), lowNoise(odd, halfPower, power, middle)));
    const d = rounded(f32x4.add(f32x4.mul(v128.load(x, 48), inverse), highNoise(odd, halfPower, power, middle)));
    const limitedA = limited(a, low, high);
    const limitedB = limited(b, low, high);
    const limitedC = limited(c, low, high);
    const limitedD = limited(d, low, high);
    const outA = f32x4.ne(a, limitedA);
    const outB = f32x4.ne(b, limitedB);
    const outC = f32x4.ne(c, limitedC);
    const outD = f32x4.ne(d, limitedD);
    count = i32x4.sub(count, i32x4.add(i32x4.add(outA, outB), i32x4.add(outC, outD)));
    const code = narrowed(
      coded(limitedA, added, offset),
      coded(limitedB, added, offset),
      coded(limitedC, added, offset),
      coded(limitedD, added, offset),
    );
    v128.store(codes, code);
    if (inside) {
      v128.store(inside, i8x16.add(narrowed(outA, outB, outC, outD), i8x16.splat(1)));
      inside += 16;
    }
  }
  clipped = count;
}

function quantizeBlocks(x: usize, codes: usize, inside: usize, element: u32, blocks: i32): void {
  if (noisy) noisyBlocks(x, codes, inside, element, blocks);
  else nearestBlocks(x, codes, inside, blocks);
}

/** At most 15 elements, the first of which may be odd. */
function quantizePart(x: usize, codes: usize, inside: usize, element: u32, n: i32): void {
  const odd = element & 1;
  memory.fill(part, 0, 64);
  memory.copy(part + 4 * odd, x, 4 * n);
  quantizeBlocks(part, partCodes, inside ? partInside : 0, element - odd, 1);
  memory.copy(codes, partCodes + odd, n);
  if (inside) memory.copy(inside, partInside + odd, n);
}

/** `n` elements, the first of which is number `element` of the tensor. */
export function quantize(x: usize, codes: usize, inside: usize, element: u32, n: i32): void {
  let done: i32 = 0;
  if (element & 1) {
    done = min(n, 15);
    quantizePart(x, codes, inside, element, done);
  }
  const blocks = (n - done) >> 4;
  quantizeBlocks(x + 4 * done, codes + done, inside ? inside + done : 0, element + done, blocks);
  done += blocks << 4;
  if (done < n) quantizePart(x + 4 * done, codes + done, inside ? inside + done : 0, element + done, n - done);
}
