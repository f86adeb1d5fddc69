/**
 * @file Quantization to integers in blocks that share a power of two, as `core/integerBlocks.ts` defines it, for finite numbers: along
 *   rows of channels, and along columns of samples, four columns at a time.
 */
import { mark, release, take } from "./arena";
import { oddPairs, setKey } from "./random";

/** How a scale follows from the largest magnitude of a block; the numbers of `sharedExponentModes`. */
const enum Mode {
  Floor,
  Rceil,
  Ceil,
  Even,
}

/** 1.5 * 2^23: added to a small integer, it leaves that integer in the low bits of the sum. */
const magic: f32 = 12582912.0;
const magicBits: i32 = 0x4b400000;

let mode: i32 = 0;
let mantissaBits: i32 = 0;
/** The largest integer, and the largest element of the format: that integer as a multiple of 2^(2 - bits). */
let most: f32 = 0;
let largestElement: f64 = 0;
/** Two to the power of the mantissa bits, and its inverse. */
let up: f32 = 0;
let down: f32 = 0;
let size: i32 = 0;
/** Random 16 bits of each element of the current copy; 0 for rounding to nearest. */
let noise: usize = 0;
let clipped: i32 = 0;

/** Two to the power of `field` - 127, for fields from 0 to 254. */
@inline
function power(field: i32): f32 {
  return reinterpret<f32>(field > 0 ? field << 23 : 0x400000);
}

/** Exponent byte of a block, as `core/sharedExponent.ts`. */
function exponentOf(largest: f32): i32 {
  if (mode == Mode.Rceil) {
    const bits = reinterpret<u32>(<f32>(<f64>largest / largestElement));
    const field = bits >> 23;
    return <i32>min(field + <u32>((bits & 0x7fffff) > <u32>(field ? 0 : 0x400000)), 254);
  }
  const bits = reinterpret<u32>(largest) + (mode == Mode.Even ? 1 << (22 - mantissaBits) : 0);
  return <i32>min((bits >> 23) + <u32>(mode == Mode.Ceil && (bits & 0x7fffff) > 0), 254);
}

/** Scale of a block with a largest magnitude and its exponent byte; 0 for zeros. */
@inline
function scaleOf(largest: f32, byte: i32): f32 {
  return largest == 0 ? 0 : power(byte) * down;
}

/** The code of an element, whose number is `e`, in a block with the inverse scale `per` * `up`. */
function codeOf(x: f32, per: f32, e: i32): i32 {
  let steps = x * per * up;
  if (abs(steps) > most) {
    clipped++;
    steps = copysign(most, steps);
  }
  if (noise) steps += <f32>(<i32>load<u16>(noise + 2 * e) - 32768) * (1.0 / 65536.0);
  return <i32>max(min(nearest(steps), most), -most);
}

/** Four numbers in steps of their scales, as integers. `from` is the number of the first. */
@inline
function codesOf(x: v128, per: v128, ups: v128, highs: v128, lows: v128, e: i32): v128 {
  let steps = f32x4.mul(f32x4.mul(x, per), ups);
  clipped += popcnt(i32x4.bitmask(f32x4.gt(f32x4.abs(steps), highs)));
  steps = f32x4.min(f32x4.max(steps, lows), highs);
  if (noise) {
    const drawn = i32x4.extend_low_i16x8_u(v128.load64_zero(noise + 2 * e));
    const centred = f32x4.convert_i32x4_s(i32x4.sub(drawn, i32x4.splat(32768)));
    steps = f32x4.add(steps, f32x4.mul(centred, f32x4.splat(1.0 / 65536.0)));
    steps = f32x4.min(f32x4.max(f32x4.nearest(steps), lows), highs);
  }
  return i32x4.sub(f32x4.add(steps, f32x4.splat(magic)), i32x4.splat(magicBits));
}

/** Four integers as bytes, in the first four lanes. */
@inline
function bytesOf(code: v128): v128 {
  const words = i16x8.narrow_i32x4_s(code, code);
  return i8x16.narrow_i16x8_s(words, words);
}

/** The largest of four numbers. */
@inline
function largestOf(x: v128): f32 {
  const pairs = f32x4.pmax(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Whether all of `count` numbers are of magnitudes up to `end`. */
export function areUpTo(end: f32, x: usize, count: i32): bool {
  const ends = f32x4.splat(end);
  let all = i32x4.splat(-1);
  const last = x + 4 * count;
  for (; x + 16 <= last; x += 16) all = v128.and(all, f32x4.le(f32x4.abs(v128.load(x)), ends));
  let rest = true;
  for (; x < last; x += 4) rest = rest && abs(load<f32>(x)) <= end;
  return rest && i32x4.bitmask(all) == 15;
}

/** Blocks of `size` along rows of `length` numbers. */
function alongRows(x: usize, rows: i32, length: i32, codes: usize, scales: usize, values: usize): void {
  const ups = f32x4.splat(up);
  const highs = f32x4.splat(most);
  const lows = f32x4.splat(-most);
  let e = 0;
  for (let row = 0; row < rows; row++)
    for (let first = 0; first < length; first += size, scales += 4) {
      const n = min(size, length - first);
      let four = f32x4.splat(0);
      let k = 0;
      for (; k + 4 <= n; k += 4) four = f32x4.pmax(four, f32x4.abs(v128.load(x + 4 * (e + k))));
      let largest = largestOf(four);
      for (; k < n; k++) largest = max(largest, abs(load<f32>(x + 4 * (e + k))));
      const byte = exponentOf(largest);
      const per = power(254 - byte);
      const each = power(byte) * down;
      store<f32>(scales, scaleOf(largest, byte));
      const pers = f32x4.splat(per);
      const eaches = f32x4.splat(each);
      for (k = n; k >= 4; k -= 4, e += 4) {
        const code = codesOf(v128.load(x + 4 * e), pers, ups, highs, lows, e);
        v128.store(values + 4 * e, f32x4.mul(f32x4.convert_i32x4_s(code), eaches));
        v128.store32_lane(codes + e, bytesOf(code), 0);
      }
      for (; k > 0; k--, e++) {
        const code = codeOf(load<f32>(x + 4 * e), per, e);
        store<f32>(values + 4 * e, <f32>code * each);
        store<i8>(codes + e, code);
      }
    }
}

/** Blocks along the columns of numbers [rows][columns], whose codes are [column][row]. */
function alongColumns(x: usize, rows: i32, columns: i32, codes: usize, scales: usize): void {
  const ups = f32x4.splat(up);
  const highs = f32x4.splat(most);
  const lows = f32x4.splat(-most);
  const blocks = (rows + size - 1) / size;
  const rowBytes: usize = 4 * columns;
  let c = 0;
  for (; c + 4 <= columns; c += 4)
    for (let first = 0; first < rows; first += size) {
      const n = min(size, rows - first);
      let at = x + rowBytes * first + 4 * c;
      let largest = f32x4.splat(0);
      for (let k = 0; k < n; k++) largest = f32x4.pmax(largest, f32x4.abs(v128.load(at + rowBytes * k)));
      const largest0 = f32x4.extract_lane(largest, 0);
      const largest1 = f32x4.extract_lane(largest, 1);
      const largest2 = f32x4.extract_lane(largest, 2);
      const largest3 = f32x4.extract_lane(largest, 3);
      const byte0 = exponentOf(largest0);
      const byte1 = exponentOf(largest1);
      const byte2 = exponentOf(largest2);
      const byte3 = exponentOf(largest3);
      let pers = f32x4.splat(power(254 - byte0));
      pers = f32x4.replace_lane(pers, 1, power(254 - byte1));
      pers = f32x4.replace_lane(pers, 2, power(254 - byte2));
      pers = f32x4.replace_lane(pers, 3, power(254 - byte3));
      const scaleAt = scales + 4 * (c * blocks + first / size);
      const next: usize = 4 * blocks;
      store<f32>(scaleAt, scaleOf(largest0, byte0));
      store<f32>(scaleAt + next, scaleOf(largest1, byte1));
      store<f32>(scaleAt + 2 * next, scaleOf(largest2, byte2));
      store<f32>(scaleAt + 3 * next, scaleOf(largest3, byte3));
      let to = codes + c * rows + first;
      for (let k = 0; k < n; k++, at += rowBytes, to++) {
        const bytes = bytesOf(codesOf(v128.load(at), pers, ups, highs, lows, (first + k) * columns + c));
        v128.store8_lane(to, bytes, 0);
        v128.store8_lane(to + rows, bytes, 1);
        v128.store8_lane(to + 2 * rows, bytes, 2);
        v128.store8_lane(to + 3 * rows, bytes, 3);
      }
    }
  for (; c < columns; c++)
    for (let first = 0; first < rows; first += size) {
      const n = min(size, rows - first);
      let largest: f32 = 0;
      for (let k = 0; k < n; k++) largest = max(largest, abs(load<f32>(x + rowBytes * (first + k) + 4 * c)));
      const byte = exponentOf(largest);
      store<f32>(scales + 4 * (c * blocks + first / size), scaleOf(largest, byte));
      for (let k = first; k < first + n; k++) {
        const code = codeOf(load<f32>(x + rowBytes * k + 4 * c), power(254 - byte), k * columns + c);
        store<i8>(codes + c * rows + k, code);
      }
    }
}

/** Sets how the next tensor is quantized. */
export function beginBlocks(bits: i32, ofSize: i32, byMode: i32): void {
  mode = byMode;
  size = ofSize;
  mantissaBits = bits - 2;
  most = <f32>((1 << (bits - 1)) - 1);
  up = <f32>(1 << mantissaBits);
  down = 1 / up;
  largestElement = <f64>most / <f64>up;
  noise = 0;
}

/**
 * Integers in blocks of a tensor of `samples` samples and rows of `channels` channels: codes, scales and values along rows, and, unless
 * `otherCodes` is 0, codes and scales along samples. `noisy`: rounded with the noise of the key. @returns how many elements of the first
 * copy were clipped
 */
export function integersInBlocks(
  x: usize,
  count: i32,
  samples: i32,
  channels: i32,
  noisy: bool,
  k0: i32,
  k1: i32,
  codes: usize,
  scales: usize,
  values: usize,
  otherCodes: usize,
  otherScales: usize,
): i32 {
  const start = mark();
  clipped = 0;
  if (noisy) {
    const elements = otherCodes ? 2 * count : count;
    // Sixteen elements at a time, and what vectors read past the last.
    noise = take(2 * elements + 64);
    setKey(k0, k1);
    oddPairs(0, (elements + 15) >> 4, noise);
  }
  alongRows(x, count / channels, channels, codes, scales, values);
  const clippedRows = clipped;
  if (otherCodes) {
    if (noisy) noise += 2 * count;
    alongColumns(x, samples, count / samples, otherCodes, otherScales);
  }
  release(start);
  return clippedRows;
}
