/**
 * @file Weight gradients of a depthwise convolution, with channels as lanes: dw[c, kh, kw] = sum of dy[position, c] * x[tap, c].
 *
 * The geometry is that of a single group with all channels. Integers take two rows of positions at a time, interleaved in dy and x
 * (`depthwiseFrame.ts`), and the sums of nine taps stay in registers during a row.
 */
import { mark, release, take } from "./arena";
import { allFinite, ownCarefully } from "./carefulProduct";
import { depthwisePixel, emptyRow, interleavedBytes, packInterleaved, packRows } from "./depthwiseFrame";
import { packSamples } from "./frame";
import {
  framePixels,
  frameWidth,
  fromHeight,
  fromWidth,
  kernelHeight,
  kernelWidth,
  ownSamples,
  padding,
  samples,
  separateChannels,
  stride,
  toHeight,
  toWidth,
  width,
  windows,
} from "./geometry";
import { longestRun } from "./runs";
import { isOwn, share } from "./share";

/** Taps whose sums are held at once. */
const turn: i32 = 9;
/** Number of positions whose products, at most 255 * 255 each, always fit into 31 bits. */
const flushLimit: i32 = 33025;

@inline
function dot(sum: v128, at: usize, g: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(at), g));
}

/**
 * Adds the products of two rows of positions to sums of nine taps of four channels.
 *
 * @param x       frame at the row's first window, `step` bytes from one window to the next
 * @param offsets of the taps, in bytes from there
 * @param g       dy, `pixelBytes` from one position to the next
 * @param to      sums, `pixelBytes` from one tap to the next
 */
function addNine(x: usize, step: usize, offsets: usize, g: usize, pixelBytes: usize, to: usize): void {
  const x0 = x + load<u32>(offsets);
  const x1 = x + load<u32>(offsets, 4);
  const x2 = x + load<u32>(offsets, 8);
  const x3 = x + load<u32>(offsets, 12);
  const x4 = x + load<u32>(offsets, 16);
  const x5 = x + load<u32>(offsets, 20);
  const x6 = x + load<u32>(offsets, 24);
  const x7 = x + load<u32>(offsets, 28);
  const x8 = x + load<u32>(offsets, 32);
  const to3 = to + 3 * pixelBytes;
  const to6 = to3 + 3 * pixelBytes;
  let s0 = v128.load(to);
  let s1 = v128.load(to + pixelBytes);
  let s2 = v128.load(to + 2 * pixelBytes);
  let s3 = v128.load(to3);
  let s4 = v128.load(to3 + pixelBytes);
  let s5 = v128.load(to3 + 2 * pixelBytes);
  let s6 = v128.load(to6);
  let s7 = v128.load(to6 + pixelBytes);
  let s8 = v128.load(to6 + 2 * pixelBytes);
  let at: usize = 0;
  for (const end = g + pixelBytes * toWidth; g < end; g += pixelBytes, at += step) {
    const pair = v128.load(g);
    s0 = dot(s0, x0 + at, pair);
    s1 = dot(s1, x1 + at, pair);
    s2 = dot(s2, x2 + at, pair);
    s3 = dot(s3, x3 + at, pair);
    s4 = dot(s4, x4 + at, pair);
    s5 = dot(s5, x5 + at, pair);
    s6 = dot(s6, x6 + at, pair);
    s7 = dot(s7, x7 + at, pair);
    s8 = dot(s8, x8 + at, pair);
  }
  v128.store(to, s0);
  v128.store(to + pixelBytes, s1);
  v128.store(to + 2 * pixelBytes, s2);
  v128.store(to3, s3);
  v128.store(to3 + pixelBytes, s4);
  v128.store(to3 + 2 * pixelBytes, s5);
  v128.store(to6, s6);
  v128.store(to6 + pixelBytes, s7);
  v128.store(to6 + 2 * pixelBytes, s8);
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

/** Adds sums [tap][pixel], int32 or float32, to float64 [channel][tap] and clears them. */
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

/** Sums as float64 at `to`: dw [C, KH, KW, 1]. Threads share the samples, and their sums follow each other. */
export function depthwiseIntegerWeightGradient(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const start = mark();
  const pixelBytes: usize = 4 * depthwisePixel();
  const taps = kernelHeight * kernelWidth;
  const firstOwn = ownSamples();
  dy += firstOwn * toHeight * toWidth * width;
  x += firstOwn * fromHeight * fromWidth * width;
  to += 8 * share * taps * width;
  const turns = (taps + turn - 1) / turn;
  const sums = take(turns * turn * pixelBytes);
  memory.fill(sums, 0, turns * turn * pixelBytes);
  memory.fill(to, 0, 8 * taps * width);
  const offsets = take(4 * turns * turn);
  memory.fill(offsets, 0, 4 * turns * turn);
  for (let t = 0; t < taps; t++)
    store<u32>(offsets + 4 * t, <u32>pixelBytes * ((t / kernelWidth) * frameWidth() + (t % kernelWidth)));
  const packed = take(interleavedBytes());
  const rowPair = take(pixelBytes * toWidth);
  const zeros = i16x8.splat(<i16>dyZero);
  const empty = emptyRow(fromWidth, xZero);
  const emptyDy = emptyRow(toWidth, dyZero);
  const rowBytes = toWidth * width;
  const windowRow = pixelBytes * frameWidth() * stride;
  let held = 0;
  for (let n = 0; n < samples; n++) {
    packInterleaved(x + n * fromHeight * fromWidth * width, xZero, stride, 2 * stride, kernelHeight, empty, packed);
    for (let row = 0; row < toHeight; row += 2) {
      const first = dy + (n * toHeight + row) * rowBytes;
      packRows(first, row + 1 < toHeight ? first + rowBytes : emptyDy, toWidth, zeros, rowPair);
      if (held + 2 * toWidth > flushLimit) {
        flush(sums, true, to);
        held = 0;
      }
      held += 2 * toWidth;
      const from = packed + windowRow * row;
      for (let t = 0; t < turns * turn; t += turn)
        for (let c: usize = 0; c < pixelBytes; c += 16)
          addNine(from + c, pixelBytes * stride, offsets + 4 * t, rowPair + c, pixelBytes, sums + pixelBytes * t + c);
    }
  }
  flush(sums, true, to);
  release(start);
}

/** The same for floats, if padding with zeros is harmless. The order of samples matters, so threads share the channels. */
function gradient(dy: usize, x: usize, to: usize): void {
  const start = mark();
  const pixel = depthwisePixel();
  const pixelBytes: usize = 4 * pixel;
  const taps = kernelHeight * kernelWidth;
  to += 8 * share * taps * width;
  const sums = take(taps * pixelBytes);
  memory.fill(sums, 0, taps * pixelBytes);
  memory.fill(to, 0, 8 * taps * width);
  const packed = take(pixelBytes * framePixels());
  const perSample = toHeight * toWidth;
  const list = take(8 * (longestRun + 4));
  const length = take(4);
  for (let n = 0; n < samples; n++) {
    packSamples(x + 4 * n * fromHeight * fromWidth * width, packed, 1, pixel, 4, 0);
    for (let first = 0; first < perSample; first += longestRun) {
      const positions = min(longestRun, perSample - first);
      windows(first, positions, longestRun, list, length);
      const g = dy + 4 * (n * perSample + first) * width;
      let place = sums;
      for (let t = 0; t < taps; t++) {
        const tap = packed + pixelBytes * ((t / kernelWidth) * frameWidth() + (t % kernelWidth));
        for (let c = 0; c < pixel; c += 8, place += 32)
          if (isOwn(c >> 3, pixel >> 3))
            addFloats(list, positions, tap + 4 * c, pixelBytes, g + 4 * c, 4 * width, place);
      }
      flush(sums, false, to);
    }
  }
  release(start);
}

export function depthwiseFloatWeightGradient(dy: usize, x: usize, to: usize): void {
  if (padding && !allFinite(dy, <u32>samples * toHeight * toWidth * width)) {
    separateChannels();
    ownCarefully(dy, x, to);
  } else gradient(dy, x, to);
}
