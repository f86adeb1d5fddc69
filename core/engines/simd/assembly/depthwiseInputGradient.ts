/**
 * @file Integer input gradients of a depthwise 3x3 convolution with stride 2: one row of dx at a time, with channels as lanes.
 *
 * There are four times as many sums as elements of dy, with few products each, so loads and stores determine the time. In a row of
 * dx, every other column depends on two neighbours in dy, and those in between on one:
 *
 *     dx[2 * j - padding] = dy[j - 1] * w[2] + dy[j] * w[0]        dx[2 * j + 1 - padding] = dy[j] * w[1]
 *
 * A pixel of dy is loaded once for both. Frames and weights are those of `depthwiseIntegerProduct.ts`, by pairs of kernel rows.
 */
import { depthwisePixel } from "./depthwiseFrame";
import {
  above,
  backward,
  framePixels,
  frameWidth,
  kernelHeight,
  kernelWidth,
  left,
  padding,
  phaseRows,
  stride,
  toHeight,
  toWidth,
  width,
} from "./geometry";

/** Whether the current convolution, which is depthwise, can be computed in this way. */
export function suitsDepthwiseInputGradient(): bool {
  return backward && stride == 2 && kernelHeight == 3 && kernelWidth == 3 && (width & 7) == 0;
}

@inline
function single(cur: v128, w: v128): v128 {
  return i32x4.dot_i16x8_s(cur, w);
}

@inline
function double(before: v128, cur: v128, w0: v128, w1: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(before, w0), i32x4.dot_i16x8_s(cur, w1));
}

/**
 * 8 channels of a row of `count` sums at `to`, which begins with one from a single pixel if `between`.
 *
 * @param x    the pixel of dy of the first sum
 * @param two  weights of two pixels
 * @param one  weights of a single one
 */
function eightChannels(x: usize, pixelBytes: usize, two: usize, one: usize, to: usize, count: i32, between: bool): void {
  const row: usize = 4 * width;
  const a0 = v128.load(two);
  const a1 = v128.load(two, 16);
  const b0 = v128.load(two + pixelBytes);
  const b1 = v128.load(two + pixelBytes, 16);
  const c0 = v128.load(one);
  const c1 = v128.load(one, 16);
  let before0 = v128.load(x - pixelBytes);
  let before1 = v128.load(x - pixelBytes, 16);
  let x0 = v128.load(x);
  let x1 = v128.load(x, 16);
  if (between) {
    v128.store(to, single(x0, c0));
    v128.store(to, single(x1, c1), 16);
    before0 = x0;
    before1 = x1;
    x += pixelBytes;
    to += row;
    count--;
  }
  for (const end = x + pixelBytes * (count >> 1); x < end; x += pixelBytes, to += 2 * row) {
    x0 = v128.load(x);
    x1 = v128.load(x, 16);
    v128.store(to, double(before0, x0, a0, b0));
    v128.store(to, double(before1, x1, a1, b1), 16);
    v128.store(to + row, single(x0, c0));
    v128.store(to + row, single(x1, c1), 16);
    before0 = x0;
    before1 = x1;
  }
  if (count & 1) {
    v128.store(to, double(before0, v128.load(x), a0, b0));
    v128.store(to, double(before1, v128.load(x, 16), a1, b1), 16);
  }
}

/**
 * Sums of `rows` whole rows of dx from number `first` on, counted over the packed samples at `x`, to rows [width] at `y`; `packed`
 * holds the addresses of the weights of each phase.
 */
export function depthwiseInputGradient(first: i32, rows: i32, x: usize, packed: usize, y: usize): void {
  const pixelBytes: usize = 4 * depthwisePixel();
  const column = padding >> 1;
  for (let r = first; r < first + rows; r++, y += 4 * width * toWidth) {
    const sample = r / toHeight;
    const row = r - sample * toHeight + padding;
    const phase = 2 * (row & 1);
    const frameRow = (row >> 1) + above - (phaseRows(phase) - 1);
    const at = x + pixelBytes * (sample * framePixels() + frameRow * frameWidth() + column + left);
    const two = load<usize>(packed + 4 * phase) + 8;
    const one = load<usize>(packed + 4 * phase, 4) + 4;
    for (let c: usize = 0; c < 4 * <usize>width; c += 32)
      eightChannels(at + c, pixelBytes, two + c, one + c, y + c, toWidth, <bool>(padding & 1));
  }
}
