/**
 * @file Integer weight gradients of small images with many channels, where memory traffic dominates: dw[o, tap, i] is a sum over
 *   those positions only whose window has the tap inside the image.
 *
 * The numbers of x and dy at these positions are interleaved by pairs, tap by tap, and stay in cache; then a few outputs at a time
 * are computed and finished.
 */
import { take } from "./arena";
import {
  depth,
  fromHeight,
  fromWidth,
  groups,
  kernelHeight,
  kernelWidth,
  padding,
  samples,
  stride,
  toHeight,
  toWidth,
  width,
} from "./geometry";
import { addFourByEight } from "./gradientBlock";
import { finishGradient, gradientBytes } from "./gradientSums";

const mostPositions: i32 = 128;
/** Bytes of interleaved x, which stay in cache. */
const keptLimit: usize = 524288;
const outputsAtOnce: i32 = 16;

function mostPairs(): i32 {
  return (samples * toHeight * toWidth + 1) >> 1;
}

/** Whether the gradient can and should be computed in this way. */
export function suitsTapGradient(): bool {
  return (
    groups == 1 &&
    (depth & 7) == 0 &&
    samples * toHeight * toWidth <= mostPositions &&
    <usize>mostPairs() * gradientBytes() <= keptLimit
  );
}

/**
 * Lists the numbers of the pixel of x and of the position itself, for each position whose tap (a, b) is inside its image; returns
 * their count.
 */
function positionsInside(a: i32, b: i32, list: usize): i32 {
  let count = 0;
  for (let n = 0; n < samples; n++)
    for (let y = 0; y < toHeight; y++) {
      const row = y * stride + a - padding;
      if (<u32>row >= <u32>fromHeight) continue;
      for (let x = 0; x < toWidth; x++) {
        const column = x * stride + b - padding;
        if (<u32>column >= <u32>fromWidth) continue;
        store<i32>(list + 8 * count, (n * fromHeight + row) * fromWidth + column);
        store<i32>(list + 8 * count, (n * toHeight + y) * toWidth + x, 4);
        count++;
      }
    }
  return count;
}

/** 8 codes as int16 (code - zero). */
@inline
function widened(at: usize, zeros: v128): v128 {
  return i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(at)), zeros);
}

/** x at the positions of a list as [8 channels][pair][8][2]; a missing last one counts as zeros. */
function interleaveInput(x: usize, zero: i32, list: usize, count: i32, pairs: i32, to: usize): void {
  const zeros = i16x8.splat(<i16>zero);
  const none = i16x8.splat(0);
  for (let i = 0; i < depth; i += 8)
    for (let p = 0; p < 2 * pairs; p += 2, to += 32) {
      const at = list + 8 * p;
      const first = p < count ? widened(x + load<u32>(at) * depth + i, zeros) : none;
      const second = p + 1 < count ? widened(x + load<u32>(at, 8) * depth + i, zeros) : none;
      v128.store(to, v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(to, v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    }
}

/** dy at the positions of a list as [4 outputs][pair][4][2]; a missing last one counts as zeros. */
function interleaveGradient(dy: usize, zero: i32, list: usize, count: i32, pairs: i32, to: usize): void {
  const zeros = i16x8.splat(<i16>zero);
  const none = i16x8.splat(0);
  for (let o = 0; o < width; o += 4)
    for (let p = 0; p < 2 * pairs; p += 2, to += 16) {
      const at = list + 8 * p;
      const first = p < count ? widened(dy + load<u32>(at, 4) * width + o, zeros) : none;
      const second = p + 1 < count ? widened(dy + load<u32>(at, 12) * width + o, zeros) : none;
      v128.store(to, v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11));
    }
}

/** Sums of dw [O, KH, KW, I], as float64 at `to`, or through the pass if `to` is 0; takes scratch space, which the caller frees. */
export function tapGradient(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const taps = kernelHeight * kernelWidth;
  const blocks = (width + 3) >> 2;
  const list = take(16 * mostPairs());
  const pairsOf = take(4 * taps);
  const inputs = take(<usize>mostPairs() * gradientBytes());
  const gradients = take(16 * mostPairs() * blocks * taps);
  const sums = take(outputsAtOnce * gradientBytes());
  let input = inputs;
  let gradient = gradients;
  for (let tap = 0; tap < taps; tap++) {
    const count = positionsInside(tap / kernelWidth, tap % kernelWidth, list);
    const pairs = max(1, (count + 1) >> 1);
    store<i32>(pairsOf + 4 * tap, pairs);
    interleaveInput(x, xZero, list, count, pairs, input);
    interleaveGradient(dy, dyZero, list, count, pairs, gradient);
    input += 4 * pairs * depth;
    gradient += 16 * pairs * blocks;
  }
  for (let o = 0; o < width; o += outputsAtOnce) {
    const outputs = min(outputsAtOnce, width - o);
    input = inputs;
    gradient = gradients;
    for (let tap = 0; tap < taps; tap++) {
      const pairs = load<i32>(pairsOf + 4 * tap);
      const block = gradient + 4 * pairs * o;
      for (let i = 0; i < depth; i += 8, input += 32 * pairs) {
        const place = sums + 4 * (tap * depth + i);
        for (let j = 0; j < outputs; j += 4)
          addFourByEight(pairs, input, block + 4 * pairs * j, place + gradientBytes() * j, gradientBytes(), true);
      }
      gradient += 16 * pairs * blocks;
    }
    finishGradient(sums, o, outputs, to, true);
  }
}
