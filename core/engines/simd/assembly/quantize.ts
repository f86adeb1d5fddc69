/**
 * @file The quantizing sink: float32 to int8 codes, sixteen at a time, counting the clipped ones.
 *
 *     code = clip(roundHalfEven(x * inverse [+ noise]) + zero, qmin, qmax)
 *
 * Noise belongs to pairs of elements, so blocks start at even elements; partial blocks go through a padded copy.
 *
 * The sum of a number and 1.5 * 2^23 is rounded to even and has the integer in its low bits. Numbers far above the grid stay above
 * it; numbers far below are first raised to -2^20. Narrowed to 16 bits, with saturation, eight at a time are clipped and compared.
 * NaN is raised to -2^20, too: chunks with -32768 among their 16 bits are examined again.
 */
import { table } from "./arena";
import { chunkLimit } from "./program";
import { oddPairs, setKey } from "./random";

/** 1.5 * 2^23: added to a small integer, it leaves that integer in the low bits of the sum. */
const magic: f32 = 12582912.0;
const magicBits: i32 = 0x4b400000;

const part: usize = table(64);
const partCodes: usize = table(16);
const partInside: usize = table(16);
const careful: usize = table(4 * chunkLimit + 64);
const bits: usize = table(2 * chunkLimit + 64);

/**
 * Constants for all elements, each repeated in all lanes of a vector. Loaded before a loop, because compilers would rebuild
 * constants and splats in each iteration, at three instructions each.
 */
const inverses: usize = table(16);
const floors: usize = table(16);
const magics: usize = table(16);
const offsets: usize = table(16);
const lows: usize = table(16);
const highs: usize = table(16);
const ones: usize = table(16);
/** The upper half of the float 128, in every 16-bit lane; 128.5 as a float. */
const halfPowers: usize = table(16);
const middles: usize = table(16);
/** Factors that convert integer sums to elements. */
const scales: usize = table(16);
/** The smallest 16-bit number that a loop has seen. */
const leasts: usize = table(16);

let inverse: f32 = 0;
let noisy: bool = false;
let clipped: u32 = 0;

export function beginQuantize(inverseScale: f32, qmin: i32, qmax: i32, zeroPoint: i32): void {
  inverse = inverseScale;
  v128.store(inverses, f32x4.splat(inverseScale));
  v128.store(floors, f32x4.splat(-1048576));
  v128.store(magics, f32x4.splat(magic));
  v128.store(offsets, i32x4.splat(magicBits - zeroPoint));
  v128.store(lows, i16x8.splat(<i16>qmin));
  v128.store(highs, i16x8.splat(<i16>qmax));
  v128.store(ones, i8x16.splat(1));
  v128.store(halfPowers, i16x8.splat(0x4300));
  v128.store(middles, f32x4.splat(128.5));
  noisy = false;
  clipped = 0;
}

export function beginNoise(k0: i32, k1: i32): void {
  noisy = true;
  setKey(k0, k1);
}

/** Number of elements whose rounded code was outside the grid. */
export function clippedCount(): u32 {
  return clipped;
}

/**
 * The noise of four elements, (h - 32768) / 65536, for the lower four of eight odd 16-bit numbers h. As the lower half of a float
 * whose upper half is that of 128, h stands for 128 + h / 65536; the subtraction is exact.
 */
@inline
function lowNoise(h: v128, halfPower: v128, middle: v128): v128 {
  return f32x4.sub(v128.shuffle<i16>(h, halfPower, 0, 8, 1, 9, 2, 10, 3, 11), middle);
}

/** The same for the upper four. */
@inline
function highNoise(h: v128, halfPower: v128, middle: v128): v128 {
  return f32x4.sub(v128.shuffle<i16>(h, halfPower, 4, 12, 5, 13, 6, 14, 7, 15), middle);
}

/** Four numbers rounded to even, as integers; NaN becomes the smallest integer. `near`: none is NaN or small enough to be raised. */
@inline
function rounded(t: v128, floor: v128, added: v128, offset: v128, near: bool): v128 {
  return i32x4.sub(f32x4.add(near ? t : f32x4.pmax(floor, t), added), offset);
}

/** Sum of 16 unsigned bytes. */
function sumOf(x: v128): i32 {
  const fours = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(x));
  const twos = i32x4.add(fours, v128.shuffle<i32>(fours, fours, 2, 3, 0, 1));
  return i32x4.extract_lane(twos, 0) + i32x4.extract_lane(twos, 1);
}

/** Four elements, or four scaled integer sums if there is a scale. */
@inline
function four(x: usize, offset: usize, ofSums: bool, scale: v128): v128 {
  return ofSums ? f32x4.mul(f32x4.convert_i32x4_s(v128.load(x + offset)), scale) : v128.load(x + offset);
}

/** `blocks` times 16 elements, at most 255 blocks; returns the number of clipped ones. `inside` may be 0. */
@inline
function rounding(x: usize, codes: usize, inside: usize, blocks: i32, withNoise: bool, ofSums: bool): u32 {
  const scale = v128.load(scales);
  const factor = v128.load(inverses);
  const floor = v128.load(floors);
  const added = v128.load(magics);
  const offset = v128.load(offsets);
  const low = v128.load(lows);
  const high = v128.load(highs);
  const halfPower = v128.load(halfPowers);
  const middle = v128.load(middles);
  let least = i32x4.splat(0);
  let same = i8x16.splat(0);
  let h = bits;
  for (const end = codes + 16 * blocks; codes < end; x += 64, codes += 16) {
    let a = f32x4.mul(four(x, 0, ofSums, scale), factor);
    let b = f32x4.mul(four(x, 16, ofSums, scale), factor);
    if (withNoise) {
      const noise = v128.load(h);
      a = f32x4.add(a, lowNoise(noise, halfPower, middle));
      b = f32x4.add(b, highNoise(noise, halfPower, middle));
    }
    const first = i16x8.narrow_i32x4_s(rounded(a, floor, added, offset, ofSums), rounded(b, floor, added, offset, ofSums));
    let c = f32x4.mul(four(x, 32, ofSums, scale), factor);
    let d = f32x4.mul(four(x, 48, ofSums, scale), factor);
    if (withNoise) {
      const noise = v128.load(h, 16);
      c = f32x4.add(c, lowNoise(noise, halfPower, middle));
      d = f32x4.add(d, highNoise(noise, halfPower, middle));
      h += 32;
    }
    const second = i16x8.narrow_i32x4_s(rounded(c, floor, added, offset, ofSums), rounded(d, floor, added, offset, ofSums));
    if (!ofSums) least = i16x8.min_s(least, i16x8.min_s(first, second));
    const limitedFirst = i16x8.min_s(i16x8.max_s(first, low), high);
    const limitedSecond = i16x8.min_s(i16x8.max_s(second, low), high);
    const kept = i8x16.narrow_i16x8_s(i16x8.eq(first, limitedFirst), i16x8.eq(second, limitedSecond));
    v128.store(codes, i8x16.narrow_i16x8_s(limitedFirst, limitedSecond));
    same = i8x16.sub(same, kept);
    if (inside) {
      v128.store(inside, v128.and(kept, v128.load(ones)));
      inside += 16;
    }
  }
  if (!ofSums) v128.store(leasts, least);
  return 16 * blocks - sumOf(same);
}

function nearestBlocks(x: usize, codes: usize, inside: usize, blocks: i32): u32 {
  return rounding(x, codes, inside, blocks, false, false);
}

function noisyBlocks(x: usize, codes: usize, inside: usize, blocks: i32): u32 {
  return rounding(x, codes, inside, blocks, true, false);
}

function sumBlocks(x: usize, codes: usize, inside: usize, blocks: i32): u32 {
  return rounding(x, codes, inside, blocks, false, true);
}

function roundBlocks(x: usize, codes: usize, inside: usize, blocks: i32): u32 {
  return noisy ? noisyBlocks(x, codes, inside, blocks) : nearestBlocks(x, codes, inside, blocks);
}

/** to = x * inverse, or 0 where that is NaN. */
function scaledWithoutNaN(x: usize, to: usize, blocks: i32): void {
  const factor = v128.load(inverses);
  for (const end = x + 64 * blocks; x < end; x += 16, to += 16) {
    const t = f32x4.mul(v128.load(x), factor);
    v128.store(to, v128.and(t, f32x4.eq(t, t)));
  }
}

/** Whole blocks, the first element of which is even. */
function quantizeBlocks(x: usize, codes: usize, inside: usize, element: u32, blocks: i32): void {
  if (noisy) oddPairs(element >> 1, blocks, bits);
  let count = roundBlocks(x, codes, inside, blocks);
  if (v128.any_true(i16x8.eq(v128.load(leasts), i16x8.splat(-32768)))) {
    scaledWithoutNaN(x, careful, blocks);
    v128.store(inverses, f32x4.splat(1));
    count = roundBlocks(careful, codes, inside, blocks);
    v128.store(inverses, f32x4.splat(inverse));
  }
  clipped += count;
}

/** Quantizes at most 15 elements, the first of which may be odd. */
function quantizePart(x: usize, codes: usize, inside: usize, element: u32, n: i32): void {
  const odd = element & 1;
  memory.fill(part, 0, 64);
  memory.copy(part + 4 * odd, x, 4 * n);
  quantizeBlocks(part, partCodes, inside ? partInside : 0, element - odd, 1);
  memory.copy(codes, partCodes + odd, n);
  if (inside) memory.copy(inside, partInside + odd, n);
}

/** `n` elements, at most a chunk, starting with element number `element` of the tensor. */
export function quantize(x: usize, codes: usize, inside: usize, element: u32, n: i32): void {
  let done: i32 = 0;
  if (element & 1) {
    done = min(n, 15);
    quantizePart(x, codes, inside, element, done);
  }
  const blocks = (n - done) >> 4;
  if (blocks) quantizeBlocks(x + 4 * done, codes + done, inside ? inside + done : 0, element + done, blocks);
  done += blocks << 4;
  if (done < n) quantizePart(x + 4 * done, codes + done, inside ? inside + done : 0, element + done, n - done);
}

/**
 * Whether integer sums with magnitudes up to `farthest`, times `scale`, can be quantized directly: without noise, and none far from
 * the grid.
 */
export function quantizesSums(farthest: f32, scale: f32): bool {
  return !noisy && abs(farthest * scale * inverse) < 1048576;
}

/** `n` integer sums, times `scale`, to codes: the same as for elements, without storing these. */
export function quantizeSums(sums: usize, scale: f32, codes: usize, inside: usize, n: i32): void {
  v128.store(scales, f32x4.splat(scale));
  const end = sums + 4 * (n & ~15);
  while (sums < end) {
    const blocks = min(255, <i32>(end - sums) >> 6);
    clipped += sumBlocks(sums, codes, inside, blocks);
    sums += 64 * blocks;
    codes += 16 * blocks;
    if (inside) inside += 16 * blocks;
  }
  n &= 15;
  if (!n) return;
  memory.fill(part, 0, 64);
  memory.copy(part, sums, 4 * n);
  clipped += sumBlocks(part, partCodes, inside ? partInside : 0, 1);
  memory.copy(codes, partCodes, n);
  if (inside) memory.copy(inside, partInside, n);
}
