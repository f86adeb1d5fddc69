/**
 * @file Frames for depthwise integer kernels: two rows of a sample interleaved, so that one `i32x4.dot_i16x8_s` takes two of them.
 *
 * Row r of such a frame is [column][channel][2] with rows r and r + `apart` of the sample's int16 frame, the channels of a pixel
 * filled up to a multiple of 8. Past the last row the second number means nothing.
 */
import { packSamples } from "./frame";
import { framePixels, frameWidth, width } from "./geometry";

/** Channels of one pixel of a frame. */
export function depthwisePixel(): i32 {
  return (width + 7) & ~7;
}

/** Bytes of one interleaved frame, and of the plain frame that it is made from. */
export function interleavedBytes(): usize {
  return 4 * depthwisePixel() * framePixels();
}

/** Packs one sample [h, w, width] at `from`: through a plain frame at `plain` to an interleaved one at `to`. */
export function packInterleaved(from: usize, zero: i32, apart: i32, plain: usize, to: usize): void {
  packSamples(from, plain, 1, depthwisePixel(), 2, zero);
  const frameBytes: usize = 2 * depthwisePixel() * framePixels();
  const down: usize = 2 * depthwisePixel() * frameWidth() * apart;
  const paired = plain + (frameBytes > down ? frameBytes - down : 0);
  const end = plain + frameBytes;
  for (; plain < end; plain += 16, to += 32) {
    const a = v128.load(plain);
    const b = v128.load(plain < paired ? plain + down : plain);
    v128.store(to, v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
}
