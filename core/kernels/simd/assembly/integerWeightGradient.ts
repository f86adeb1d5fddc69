/**
 * @file Integer weight gradients: dw[o, kh, kw, i] = sum over positions of   dy[position, o] * x[window of position, kh, kw, i]
 *
 * Two positions at a time: the numbers of their windows are interleaved and multiplied (`i32x4.dot_i16x8_s`) with the pair of their dy.
 * Lanes run along a kernel row (kw, i), which is contiguous in the frame; four outputs by eight of those are held in registers.
 * Positions go in bands that stay in cache, through int32 to float64 before int32 could overflow.
 */
import { mark, release, take } from "./arena";
import { Meaning, meaning } from "./bytes";
import { byteWeightGradient, suitsByteGradient } from "./byteWeightGradient";
import { flushIntegers } from "./flush";
import { packSamples } from "./frame";
import {
  depth,
  framePixels,
  frameWidth,
  fromHeight,
  fromWidth,
  groups,
  inBytes,
  kernelHeight,
  kernelWidth,
  samples,
  toHeight,
  toWidth,
  width,
  windows,
} from "./geometry";
import { suitsWinogradGradient, winogradGradient } from "./winogradGradient";

const packedLimit: usize = 262144;
/** Positions of a band; even. */
const band: i32 = 128;
/** Positions whose products of 255 * 255 at most are sure to fit into 31 bits, less one band. */
const flushLimit: i32 = 33025 - band;

/**
 * dy [positions, groups * width] as int16 (code - zeroPoint): [group][block of 4 outputs][pair of positions][output][2]. A missing
 * last position counts as zeros; outputs past the last of a group hold nothing of meaning.
 */
function packBlocks(dy: usize, to: usize, positions: i32, zero: i32): void {
  const zeros = i16x8.splat(<i16>zero);
  const outputs = groups * width;
  for (let g = 0; g < groups; g++)
    for (let o = 0; o < width; o += 4) {
      let at = dy + g * width + o;
      let p = positions;
      for (; p >= 2; p -= 2, at += 2 * outputs, to += 16) {
        const a = i16x8.extend_low_i8x16_s(v128.load32_zero(at));
        const b = i16x8.extend_low_i8x16_s(v128.load32_zero(at + outputs));
        v128.store(to, i16x8.sub(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), zeros));
      }
      if (p) {
        const a = i16x8.sub(i16x8.extend_low_i8x16_s(v128.load32_zero(at)), zeros);
        v128.store(to, v128.shuffle<i16>(a, i16x8.splat(0), 0, 8, 1, 9, 2, 10, 3, 11));
        to += 16;
      }
    }
}

@inline
function dot(sum: v128, x: v128, g: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(x, g));
}

@inline
function addTo(to: usize, sum: v128): void {
  v128.store(to, i32x4.add(v128.load(to), sum));
}

/**
 * Four outputs by 8 numbers of a kernel row, over the positions in `list`. Leaving the loop between two pairs costs less than a
 * remainder, and keeps the compiler from loading for several pairs at once, which would take more registers than there are.
 *
 * @param list entries of 8 bytes, two a pair: the place of a window, in bytes from x
 * @param g    pairs of dy, 16 bytes each
 * @param to   int32 sums, `outputBytes` from one output to the next
 */
export function fourByEight(list: usize, pairs: i32, x: usize, g: usize, to: usize, outputBytes: usize): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  let first: v128;
  let second: v128;
  let low: v128;
  let high: v128;
  let four: v128;
  let pair: v128;
  while (true) {
    first = v128.load(x + load<u32>(list));
    second = v128.load(x + load<u32>(list, 8));
    low = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    high = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    four = v128.load(g);
    pair = v128.shuffle<i32>(four, four, 0, 0, 0, 0);
    a0 = dot(a0, low, pair);
    a1 = dot(a1, high, pair);
    pair = v128.shuffle<i32>(four, four, 1, 1, 1, 1);
    b0 = dot(b0, low, pair);
    b1 = dot(b1, high, pair);
    pair = v128.shuffle<i32>(four, four, 2, 2, 2, 2);
    c0 = dot(c0, low, pair);
    c1 = dot(c1, high, pair);
    pair = v128.shuffle<i32>(four, four, 3, 3, 3, 3);
    d0 = dot(d0, low, pair);
    d1 = dot(d1, high, pair);
    if (--pairs == 0) break;
    first = v128.load(x + load<u32>(list, 16));
    second = v128.load(x + load<u32>(list, 24));
    low = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    high = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    four = v128.load(g, 16);
    pair = v128.shuffle<i32>(four, four, 0, 0, 0, 0);
    a0 = dot(a0, low, pair);
    a1 = dot(a1, high, pair);
    pair = v128.shuffle<i32>(four, four, 1, 1, 1, 1);
    b0 = dot(b0, low, pair);
    b1 = dot(b1, high, pair);
    pair = v128.shuffle<i32>(four, four, 2, 2, 2, 2);
    c0 = dot(c0, low, pair);
    c1 = dot(c1, high, pair);
    pair = v128.shuffle<i32>(four, four, 3, 3, 3, 3);
    d0 = dot(d0, low, pair);
    d1 = dot(d1, high, pair);
    if (--pairs == 0) break;
    first = v128.load(x + load<u32>(list, 32));
    second = v128.load(x + load<u32>(list, 40));
    low = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    high = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    four = v128.load(g, 32);
    pair = v128.shuffle<i32>(four, four, 0, 0, 0, 0);
    a0 = dot(a0, low, pair);
    a1 = dot(a1, high, pair);
    pair = v128.shuffle<i32>(four, four, 1, 1, 1, 1);
    b0 = dot(b0, low, pair);
    b1 = dot(b1, high, pair);
    pair = v128.shuffle<i32>(four, four, 2, 2, 2, 2);
    c0 = dot(c0, low, pair);
    c1 = dot(c1, high, pair);
    pair = v128.shuffle<i32>(four, four, 3, 3, 3, 3);
    d0 = dot(d0, low, pair);
    d1 = dot(d1, high, pair);
    if (--pairs == 0) break;
    first = v128.load(x + load<u32>(list, 48));
    second = v128.load(x + load<u32>(list, 56));
    low = v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    high = v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
    four = v128.load(g, 48);
    pair = v128.shuffle<i32>(four, four, 0, 0, 0, 0);
    a0 = dot(a0, low, pair);
    a1 = dot(a1, high, pair);
    pair = v128.shuffle<i32>(four, four, 1, 1, 1, 1);
    b0 = dot(b0, low, pair);
    b1 = dot(b1, high, pair);
    pair = v128.shuffle<i32>(four, four, 2, 2, 2, 2);
    c0 = dot(c0, low, pair);
    c1 = dot(c1, high, pair);
    pair = v128.shuffle<i32>(four, four, 3, 3, 3, 3);
    d0 = dot(d0, low, pair);
    d1 = dot(d1, high, pair);
    if (--pairs == 0) break;
    list += 64;
    g += 64;
  }
  addTo(to, a0);
  addTo(to + 16, a1);
  to += outputBytes;
  addTo(to, b0);
  addTo(to + 16, b1);
  to += outputBytes;
  addTo(to, c0);
  addTo(to + 16, c1);
  to += outputBytes;
  addTo(to, d0);
  addTo(to + 16, d1);
}

/**
 * Sums as float64 at `to`: dw [O, KH, KW, I / groups], for the convolution at hand as a forward one.
 */
export function integerWeightGradient(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const start = mark();
  const bytes = suitsByteGradient(x, xZero);
  if (suitsWinogradGradient() && (!bytes || meaning == Meaning.Pairs)) winogradGradient(dy, dyZero, x, xZero, to);
  else if (bytes) byteWeightGradient(dy, dyZero, x, xZero, to);
  else direct(dy, dyZero, x, xZero, to);
  release(start);
}

function direct(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const run = kernelWidth * depth;
  const runPadded = (run + 7) & ~7;
  const outputs = groups * width;
  const outputsPadded = (width + 3) & ~3;
  const outputBytes: usize = 4 * kernelHeight * runPadded;
  const sums = take(outputBytes * groups * outputsPadded);
  memory.fill(sums, 0, outputBytes * groups * outputsPadded);
  memory.fill(to, 0, 8 * outputs * kernelHeight * run);
  const pixelBytes: usize = 2 * depth;
  const frameBytes: usize = pixelBytes * framePixels();
  const perSample = toHeight * toWidth;
  const sampleBytes: usize = frameBytes * groups + 2 * perSample * outputs;
  const atOnce = max(1, min(samples, <i32>(packedLimit / sampleBytes)));
  const packed = take(frameBytes * groups * atOnce);
  const pairs = take(4 * groups * outputsPadded * ((perSample * atOnce + 1) >> 1));
  const list = take(8 * (band + 4));
  const length = take(4);
  const fromBytes: usize = fromHeight * fromWidth * groups * depth;
  let held = 0;
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    packSamples(x + fromBytes * n, packed, count, depth, 2, xZero);
    packBlocks(dy + n * perSample * outputs, pairs, count * perSample, dyZero);
    const blockBytes: usize = 16 * ((count * perSample + 1) >> 1);
    for (let first = 0; first < count * perSample; first += band) {
      const positions = min(band, count * perSample - first);
      windows(first, positions, band, list, length);
      inBytes(list, positions, pixelBytes);
      if (held > flushLimit) {
        flushAll(sums, run, runPadded, outputsPadded, to);
        held = 0;
      }
      held += positions;
      let block = pairs + 8 * first;
      for (let g = 0; g < groups; g++)
        for (let o = 0; o < width; o += 4, block += blockBytes) {
          let place = sums + outputBytes * (g * outputsPadded + o);
          for (let a = 0; a < kernelHeight; a++) {
            const frame = packed + frameBytes * g + pixelBytes * a * frameWidth();
            for (let i = 0; i < run; i += 8, place += 32)
              fourByEight(list, (positions + 1) >> 1, frame + 2 * i, block, place, outputBytes);
          }
        }
    }
  }
  flushAll(sums, run, runPadded, outputsPadded, to);
}

function flushAll(sums: usize, run: i32, runPadded: i32, outputsPadded: i32, to: usize): void {
  for (let g = 0; g < groups; g++)
    flushIntegers(
      sums + 4 * g * outputsPadded * kernelHeight * runPadded,
      width * kernelHeight,
      run,
      runPadded,
      to + 8 * g * width * kernelHeight * run,
    );
}
