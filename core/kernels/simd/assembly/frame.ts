/**
 * @file Packing of samples into frames: one image for each group, with zeros around it, int16 (code - zeroPoint) or float32.
 *
 * Pixels are written in ascending order and may run over into what is written next, so that no loop needs a remainder.
 */
import { above, below, depth, framePixels, frameWidth, fromHeight, fromWidth, groups, left, right } from "./geometry";

/** to = code - zero as int16; writes whole vectors. */
function widen(from: usize, to: usize, n: i32, zeros: v128): void {
  for (const end = from + n; from < end; from += 8, to += 16)
    v128.store(to, i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(from)), zeros));
}

/** Zeros, up to 15 bytes more than asked for. */
function clear(to: usize, bytes: usize): void {
  for (const end = to + bytes; to < end; to += 16) v128.store(to, i32x4.splat(0));
}

function copy(from: usize, to: usize, n: i32): void {
  for (const end = from + 4 * n; from < end; from += 16, to += 16) v128.store(to, v128.load(from));
}

/**
 * The frames [groups][height][width][pixel] of one sample [h, w, groups * depth]; `pixel` is `depth` or more.
 * `bytes` is 2 for codes that become int16, 4 for float32.
 */
function frames(from: usize, to: usize, pixel: i32, bytes: i32, zero: i32): void {
  const zeros = i16x8.splat(<i16>zero);
  const channels = groups * depth;
  const pixelBytes: usize = bytes * pixel;
  const rowBytes: usize = pixelBytes * frameWidth();
  const fromBytes: usize = bytes == 2 ? 1 : 4;
  const dense = pixel == channels;
  for (let g = 0; g < groups; g++) {
    let source = from + fromBytes * g * depth;
    clear(to, rowBytes * above);
    to += rowBytes * above;
    for (let y = 0; y < fromHeight; y++) {
      clear(to, pixelBytes * left);
      to += pixelBytes * left;
      if (dense) {
        const n = fromWidth * channels;
        if (bytes == 2) widen(source, to, n, zeros);
        else copy(source, to, n);
        source += fromBytes * n;
        to += pixelBytes * fromWidth;
      } else
        for (let x = 0; x < fromWidth; x++) {
          if (bytes == 2) widen(source, to, depth, zeros);
          else copy(source, to, depth);
          source += fromBytes * channels;
          to += pixelBytes;
        }
      clear(to, pixelBytes * right);
      to += pixelBytes * right;
    }
    clear(to, rowBytes * below);
    to += rowBytes * below;
  }
}

/** Frames of `count` samples, one after another. */
export function packSamples(from: usize, to: usize, count: i32, pixel: i32, bytes: i32, zero: i32): void {
  const fromBytes: usize = (bytes == 2 ? 1 : 4) * fromHeight * fromWidth * groups * depth;
  const toBytes: usize = bytes * framePixels() * groups * pixel;
  for (let n = 0; n < count; n++) frames(from + fromBytes * n, to + toBytes * n, pixel, bytes, zero);
}
