/**
 * @file Frames for depthwise integer kernels: two rows of a sample interleaved, so that one `i32x4.dot_i16x8_s` takes two of them.
 *
 * Row r of such a frame is [column][channel][2] with rows r and r + 1 of the sample's frame, int16 (code - zeroPoint), the channels of
 * a pixel filled up to a multiple of 8. Past the last row the second number is zero.
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

/** A row outside of any image, to be handed to `packInterleaved`. */
export function emptyRow(zero: i32): usize {
  const row = take(fromWidth * width);
  memory.fill(row, <u8>zero, fromWidth * width);
  return row;
}

/** Packs every `step`-th row of the frame of one sample [h, w, width] at `from`; rows between are left as they are. */
export function packInterleaved(from: usize, zero: i32, step: i32, empty: usize, to: usize): void {
  const pixel = depthwisePixel();
  const zeros = i16x8.splat(<i16>zero);
  const row: usize = fromWidth * width;
  const pixelBytes: usize = 4 * pixel;
  const all = above + fromHeight + below;
  for (let r = 0; r < all; r += step, to += pixelBytes * frameWidth() * (step - 1)) {
    const y = r - above;
    let a = <u32>y < <u32>fromHeight ? from + row * y : empty;
    let b = <u32>(y + 1) < <u32>fromHeight ? from + row * (y + 1) : empty;
    memory.fill(to, 0, pixelBytes * left);
    to += pixelBytes * left;
    if (pixel == width) {
      interleave(a, b, to, row, zeros);
      to += pixelBytes * fromWidth;
    } else
      for (let x = 0; x < fromWidth; x++, a += width, b += width, to += pixelBytes) interleave(a, b, to, width, zeros);
    memory.fill(to, 0, pixelBytes * right);
    to += pixelBytes * right;
  }
}
