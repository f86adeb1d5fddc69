/**
 * @file Weight gradients of a depthwise convolution, lanes being channels: dw[c, kh, kw] = sum of dy[position, c] * x[tap, c].
 *
 * The geometry is that of one group with as many channels. Integers take two positions at a time.
 */
import { mark, release, take } from "./arena";
import { allFinite, carefulWeightGradient } from "./carefulProduct";
import { depthwisePixel } from "./depthwiseFrame";
import { packSamples } from "./frame";
import {
  framePixels,
  frameWidth,
  fromHeight,
  fromWidth,
  kernelHeight,
  kernelWidth,
  padding,
  samples,
  separateChannels,
  toHeight,
  toWidth,
  width,
  windows,
} from "./geometry";

const band: i32 = 128;
/** Positions whose products of 255 * 255 at most are sure to fit into 31 bits, less one band. */
const flushLimit: i32 = 33025 - band;

/** dy [positions, outputs] as int16 (code - zeroPoint): [pair][output][2]; a missing last position counts as zeros. */
function packPairs(dy: usize, to: usize, positions: i32, outputs: i32, zero: i32): void {
  const zeros = i16x8.splat(<i16>zero);
  for (let p = 0; p < positions; p += 2) {
    const odd = p + 1 == positions;
    let place = to + 4 * (p >> 1) * outputs;
    for (let o = 0; o < outputs; o += 8, place += 32) {
      const at = dy + p * outputs + o;
      const a = i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(at)), zeros);
      const b = odd
        ? i16x8.splat(0)
        : i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(at + outputs)), zeros);
      v128.store(place, v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(place, v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    }
  }
}

function addIntegers(list: usize, pairs: i32, x: usize, pixelBytes: usize, g: usize, pairBytes: usize, to: usize): void {
  let low = v128.load(to);
  let high = v128.load(to, 16);
  for (; pairs > 0; pairs--, list += 16, g += pairBytes) {
    const a = v128.load(x + pixelBytes * load<u32>(list));
    const b = v128.load(x + pixelBytes * load<u32>(list, 8));
    const ab = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    const ba = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    low = i32x4.add(low, i32x4.dot_i16x8_s(ab, v128.load(g)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(ba, v128.load(g, 16)));
  }
  v128.store(to, low);
  v128.store(to, high, 16);
}

function addFloats(list: usize, positions: i32, x: usize, pixelBytes: usize, g: usize, gBytes: usize, to: usize): void {
  let low = v128.load(to);
  let high = v128.load(to, 16);
  for (; positions > 0; positions--, list += 8, g += gBytes) {
    const at = x + pixelBytes * load<u32>(list);
    low = f32x4.add(low, f32x4.mul(v128.load(at), v128.load(g)));
    high = f32x4.add(high, f32x4.mul(v128.load(at, 16), v128.load(g, 16)));
  }
  v128.store(to, low);
  v128.store(to, high, 16);
}

/** Adds sums [tap][pixel] to float64 [channel][tap] and clears them. */
function flush(sums: usize, integers: bool, to: usize): void {
  const taps = kernelHeight * kernelWidth;
  const pixel = depthwisePixel();
  for (let t = 0; t < taps; t++)
    for (let c = 0; c < width; c++) {
      const from = sums + 4 * (t * pixel + c);
      const place = to + 8 * (c * taps + t);
      store<f64>(place, load<f64>(place) + (integers ? <f64>load<i32>(from) : <f64>load<f32>(from)));
    }
  memory.fill(sums, 0, 4 * taps * pixel);
}

/** Sums as float64 at `to`: dw [C, KH, KW, 1]. `bytes`: 2 for codes, 4 for floats, whose zero points do not matter. */
function gradient(bytes: i32, dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const start = mark();
  const integers = bytes == 2;
  const pixel = depthwisePixel();
  const pixelBytes: usize = bytes * pixel;
  const taps = kernelHeight * kernelWidth;
  const sums = take(4 * taps * pixel);
  memory.fill(sums, 0, 4 * taps * pixel);
  memory.fill(to, 0, 8 * taps * width);
  const packed = take(pixelBytes * framePixels());
  const perSample = toHeight * toWidth;
  const pairs = integers ? take(2 * width * (perSample + 1)) : 0;
  const list = take(8 * (band + 4));
  const length = take(4);
  const size: usize = integers ? 1 : 4;
  let held = 0;
  for (let n = 0; n < samples; n++) {
    packSamples(x + size * n * fromHeight * fromWidth * width, packed, 1, pixel, bytes, xZero);
    const dyOfSample = dy + size * n * perSample * width;
    if (integers) packPairs(dyOfSample, pairs, perSample, width, dyZero);
    for (let first = 0; first < perSample; first += band) {
      const positions = min(band, perSample - first);
      windows(first, positions, band, list, length);
      if (integers && held > flushLimit) {
        flush(sums, true, to);
        held = 0;
      }
      held += positions;
      let place = sums;
      for (let t = 0; t < taps; t++) {
        const tap = packed + pixelBytes * ((t / kernelWidth) * frameWidth() + (t % kernelWidth));
        for (let c = 0; c < pixel; c += 8, place += 32)
          if (integers) {
            const g = pairs + 4 * ((first >> 1) * width + c);
            addIntegers(list, (positions + 1) >> 1, tap + 2 * c, pixelBytes, g, 4 * width, place);
          } else
            addFloats(
              list,
              positions,
              tap + 4 * c,
              pixelBytes,
              dyOfSample + 4 * (first * width + c),
              4 * width,
              place,
            );
      }
    }
    if (!integers) flush(sums, false, to);
  }
  if (integers) flush(sums, true, to);
  release(start);
}

export function depthwiseIntegerWeightGradient(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  gradient(2, dy, dyZero, x, xZero, to);
}

export function depthwiseFloatWeightGradient(dy: usize, x: usize, to: usize): void {
  if (padding && !allFinite(dy, <u32>samples * toHeight * toWidth * width)) {
    separateChannels();
    carefulWeightGradient(dy, x, to);
  } else gradient(4, dy, 0, x, 0, to);
}
