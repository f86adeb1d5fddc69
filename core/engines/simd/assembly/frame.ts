/**
 * @file Packing of samples into frames: one image per group, with zeros around it, as int16 (code - zeroPoint), float32, or bytes,
 *   which have their zero point around them.
 *
 * Pixels are written in ascending order and may overrun into the next ones, so that no loop needs a remainder.
 */
import { above, below, depth, framePixels, frameWidth, fromHeight, fromWidth, groups, left, right } from "./geometry";

/** to = code - zero as int16; writes whole vectors. */
function widen(from: usize, to: usize, n: i32, zeros: v128): void {
  for (const end = from + n; from < end; from += 8, to += 16)
    v128.store(to, i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(from)), zeros));
}

/** to = code ^ mask; writes whole vectors. */
function flip(from: usize, to: usize, n: i32, mask: v128): void {
  for (const end = from + n; from < end; from += 16, to += 16) v128.store(to, v128.xor(v128.load(from), mask));
}

/** Fills, with up to 15 bytes more than requested. */
function fill(to: usize, bytes: usize, value: v128): void {
  for (const end = to + bytes; to < end; to += 16) v128.store(to, value);
}

function copy(from: usize, to: usize, n: i32): void {
  for (const end = from + 4 * n; from < end; from += 16, to += 16) v128.store(to, v128.load(from));
}

/** `n` numbers of `bytes` bytes: 1 for codes that stay bytes, 2 for int16, 4 for float32. */
@inline
function put(from: usize, to: usize, n: i32, bytes: i32, operand: v128): void {
  if (bytes == 1) flip(from, to, n, operand);
  else if (bytes == 2) widen(from, to, n, operand);
  else copy(from, to, n);
}

/**
 * The frames [groups][height][width][pixel] of one sample [h, w, groups * deep]. `pixel` is at least `deep`, `operand` is passed
 * to `put`, and `around` is the value around an image.
 */
function frames(from: usize, to: usize, deep: i32, pixel: i32, bytes: i32, operand: v128, around: v128): void {
  const channels = groups * deep;
  const pixelBytes: usize = bytes * pixel;
  const rowBytes: usize = pixelBytes * frameWidth();
  const fromBytes: usize = bytes == 4 ? 4 : 1;
  const dense = pixel == channels;
  for (let g = 0; g < groups; g++) {
    let source = from + fromBytes * g * deep;
    fill(to, rowBytes * above, around);
    to += rowBytes * above;
    for (let y = 0; y < fromHeight; y++) {
      fill(to, pixelBytes * left, around);
      to += pixelBytes * left;
      if (dense) {
        const n = fromWidth * channels;
        put(source, to, n, bytes, operand);
        source += fromBytes * n;
        to += pixelBytes * fromWidth;
      } else
        for (let x = 0; x < fromWidth; x++) {
          put(source, to, deep, bytes, operand);
          source += fromBytes * channels;
          to += pixelBytes;
        }
      fill(to, pixelBytes * right, around);
      to += pixelBytes * right;
    }
    fill(to, rowBytes * below, around);
    to += rowBytes * below;
  }
}

/** Frames of `count` samples, one after another: int16 (`bytes` 2) or float32 (4). */
export function packSamples(from: usize, to: usize, count: i32, pixel: i32, bytes: i32, zero: i32): void {
  const fromBytes: usize = (bytes == 2 ? 1 : 4) * fromHeight * fromWidth * groups * depth;
  const toBytes: usize = bytes * framePixels() * groups * pixel;
  const zeros = i16x8.splat(<i16>zero);
  for (let n = 0; n < count; n++)
    frames(from + fromBytes * n, to + toBytes * n, depth, pixel, bytes, zeros, i32x4.splat(0));
}

/** Frames of `count` samples, one after another, as bytes code + offset, where `offset` is 0 or 128. */
export function packBytes(from: usize, to: usize, count: i32, zero: i32, offset: i32): void {
  const fromBytes: usize = fromHeight * fromWidth * groups * depth;
  const toBytes: usize = framePixels() * groups * depth;
  const around = i8x16.splat(<i8>(zero + offset));
  const mask = i8x16.splat(<i8>offset);
  for (let n = 0; n < count; n++) frames(from + fromBytes * n, to + toBytes * n, depth, depth, 1, mask, around);
}

/** Frames of `count` samples, one after another, of `each` float32 numbers for each pixel. */
export function packScales(from: usize, to: usize, count: i32, each: i32): void {
  const fromBytes: usize = 4 * fromHeight * fromWidth * each;
  const toBytes: usize = 4 * framePixels() * each;
  const zero = i32x4.splat(0);
  for (let n = 0; n < count; n++) frames(from + fromBytes * n, to + toBytes * n, each, each, 4, zero, zero);
}
