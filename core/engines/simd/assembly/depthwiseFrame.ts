/**
 * @file Frames for depthwise integer kernels: two rows of a sample interleaved, so that one `i32x4.dot_i16x8_s` takes both.
 *
 * Row r of a frame is [column][channel][2] with rows r and r + `apart` of the sample's frame, as int16 (code - zeroPoint), with the
 * channels of a pixel padded to a multiple of 8. Past the last row the second number is zero.
 */
import { take } from "./arena";
import { above, below, fromHeight, fromWidth, framePixels, frameWidth, left, right, width } from "./geometry";

/** Channels of one pixel of a frame. */
export function depthwisePixel(): i32 {
  return (width + 7) & ~7;
}

/** Bytes of one interleaved frame. */
export function interleavedBytes(): usize {
  return 4 * depthwisePixel() * framePixels();
}

/** Interleaves `n` codes of two rows; writes whole vectors. */
function interleave(a: usize, b: usize, to: usize, n: i32, zeros: v128): void {
  for (const end = a + n; a < end; a += 8, b += 8, to += 32) {
    const ab = v128.shuffle<i8>(
      v128.load64_zero(a),
      v128.load64_zero(b),
      0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
    );
    v128.store(to, i16x8.sub(i16x8.extend_low_i8x16_s(ab), zeros));
    v128.store(to, i16x8.sub(i16x8.extend_high_i8x16_s(ab), zeros), 16);
  }
}

/** Interleaves two rows of `pixels` pixels [width]. */
export function packRows(a: usize, b: usize, pixels: i32, zeros: v128, to: usize): void {
  if ((width & 7) == 0) {
    interleave(a, b, to, pixels * width, zeros);
    return;
  }
  const pixelBytes: usize = 4 * depthwisePixel();
  for (; pixels > 0; pixels--, a += width, b += width, to += pixelBytes) interleave(a, b, to, width, zeros);
}

/** A row of `pixels` pixels outside of any image. */
export function emptyRow(pixels: i32, zero: i32): usize {
  const row = take(pixels * width);
  memory.fill(row, <u8>zero, pixels * width);
  return row;
}

/**
 * Packs one sample [h, w, width] at `from`: of every `period` rows of its frame, the first `used`.
 *
 * @param empty result of `emptyRow` for a row of the sample
 */
export function packInterleaved(
  from: usize,
  zero: i32,
  apart: i32,
  period: i32,
  used: i32,
  empty: usize,
  to: usize,
): void {
  const zeros = i16x8.splat(<i16>zero);
  const row: usize = fromWidth * width;
  const pixelBytes: usize = 4 * depthwisePixel();
  const rowBytes = pixelBytes * frameWidth();
  const all = above + fromHeight + below;
  for (let r = 0; r < all; r++, to += rowBytes) {
    if (r % period >= used) continue;
    const first = r - above;
    const second = first + apart;
    memory.fill(to, 0, pixelBytes * left);
    packRows(
      <u32>first < <u32>fromHeight ? from + row * first : empty,
      <u32>second < <u32>fromHeight ? from + row * second : empty,
      fromWidth,
      zeros,
      to + pixelBytes * left,
    );
    memory.fill(to + pixelBytes * (left + fromWidth), 0, pixelBytes * right);
  }
}
