/**
 * @file Integer sums of a depthwise convolution: lanes are channels.
 *
 * The geometry is that of a single group with all channels. Frames hold two interleaved rows (`depthwiseFrame.ts`), and so do
 * weights: a tap is a pair of kernel rows at one kernel column. Up to six taps, enough for a kernel of 3x3 or 4x3, stay in
 * registers while four channels of all windows are processed; larger kernels take several passes. Missing rows and taps have zero
 * weights.
 */
import { depthwisePixel } from "./depthwiseFrame";
import {
  backward,
  frameWidth,
  kernelColumn,
  kernelHeight,
  kernelRow,
  kernelWidth,
  phaseColumns,
  phaseRows,
  phases,
  stride,
  width,
} from "./geometry";
import { storeLanes } from "./lanes";

const turn: i32 = 6;

/** Pairs of kernel rows at one kernel column. */
function tapsOf(phase: i32): i32 {
  return ((phaseRows(phase) + 1) >> 1) * phaseColumns(phase);
}

/** Number of taps of a phase, padded to whole passes, of which the last may have 1, 2 or 3. */
function allTaps(phase: i32): i32 {
  const taps = tapsOf(phase);
  const rest = taps % turn;
  return rest > 3 ? taps - rest + turn : taps;
}

/** Bytes of the offsets of the taps and of packed weights. */
export function depthwiseIntegerWeightBytes(phase: i32): usize {
  return allTaps(phase) * (4 + 4 * depthwisePixel());
}

/**
 * Offsets [tap] in bytes from the upper left corner of a window, then weights [tap][channel][2] as int16 (code - zeroPoint).
 * Backward-input flips the kernel.
 */
export function packDepthwiseIntegers(phase: i32, w: usize, zeros: usize, zeroStep: i32, to: usize): void {
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const pixel = depthwisePixel();
  memory.fill(to, 0, depthwiseIntegerWeightBytes(phase));
  const weights = to + 4 * allTaps(phase);
  const perChannel = kernelHeight * kernelWidth;
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < columns; b++) {
      const t = (a >> 1) * columns + b;
      store<i32>(to + 4 * t, ((a & ~1) * frameWidth() + b) * 4 * pixel);
      const row = kernelRow(phase, backward ? rows - 1 - a : a);
      const column = kernelColumn(phase, backward ? columns - 1 - b : b);
      const from = w + row * kernelWidth + column;
      const place = weights + 4 * t * pixel + 2 * (a & 1);
      for (let c = 0; c < width; c++)
        store<i16>(place + 4 * c, load<i8>(from + c * perChannel) - load<i32>(zeros + 4 * c * zeroStep));
    }
}

@inline
function dot(sum: v128, at: usize, w: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(at), w));
}

/** `n` taps of four channels over all windows in the list. Sums start from 0 if `fresh`, otherwise from `y`. */
@inline
function turnOf(
  n: i32,
  list: usize,
  length: i32,
  x: usize,
  pixelBytes: usize,
  offsets: usize,
  w: usize,
  y: usize,
  real: i32,
  fresh: bool,
): void {
  const none = i32x4.splat(0);
  const w0 = v128.load(w);
  const w1 = n > 1 ? v128.load(w + pixelBytes) : none;
  const w2 = n > 2 ? v128.load(w + 2 * pixelBytes) : none;
  const w3 = n > 3 ? v128.load(w + 3 * pixelBytes) : none;
  const w4 = n > 3 ? v128.load(w + 4 * pixelBytes) : none;
  const w5 = n > 3 ? v128.load(w + 5 * pixelBytes) : none;
  const x0 = x + load<u32>(offsets);
  const x1 = x + load<u32>(offsets, 4);
  const x2 = x + load<u32>(offsets, 8);
  const x3 = x + load<u32>(offsets, 12);
  const x4 = x + load<u32>(offsets, 16);
  const x5 = x + load<u32>(offsets, 20);
  for (const end = list + 8 * length; list < end; list += 8) {
    const at = load<u32>(list);
    const to = y + load<u32>(list, 4);
    let sum = i32x4.dot_i16x8_s(v128.load(x0 + at), w0);
    if (n > 1) sum = dot(sum, x1 + at, w1);
    if (n > 2) sum = dot(sum, x2 + at, w2);
    if (n > 3) {
      sum = dot(sum, x3 + at, w3);
      sum = dot(sum, x4 + at, w4);
      sum = dot(sum, x5 + at, w5);
    }
    if (!fresh) sum = i32x4.add(sum, v128.load(to));
    if (real >= 4) v128.store(to, sum);
    else storeLanes(to, sum, real);
  }
}

function oneTap(list: usize, length: i32, x: usize, pixelBytes: usize, offsets: usize, w: usize, y: usize, real: i32, fresh: bool): void {
  turnOf(1, list, length, x, pixelBytes, offsets, w, y, real, fresh);
}

function twoTaps(list: usize, length: i32, x: usize, pixelBytes: usize, offsets: usize, w: usize, y: usize, real: i32, fresh: bool): void {
  turnOf(2, list, length, x, pixelBytes, offsets, w, y, real, fresh);
}

function threeTaps(list: usize, length: i32, x: usize, pixelBytes: usize, offsets: usize, w: usize, y: usize, real: i32, fresh: bool): void {
  turnOf(3, list, length, x, pixelBytes, offsets, w, y, real, fresh);
}

function sixTaps(list: usize, length: i32, x: usize, pixelBytes: usize, offsets: usize, w: usize, y: usize, real: i32, fresh: bool): void {
  turnOf(6, list, length, x, pixelBytes, offsets, w, y, real, fresh);
}

/** At most three taps of eight channels, for which the overhead of a window is paid only once. */
@inline
function eightOf(n: i32, list: usize, length: i32, x: usize, pixelBytes: usize, offsets: usize, w: usize, y: usize): void {
  const none = i32x4.splat(0);
  const a0 = v128.load(w);
  const b0 = v128.load(w, 16);
  const a1 = n > 1 ? v128.load(w + pixelBytes) : none;
  const b1 = n > 1 ? v128.load(w + pixelBytes, 16) : none;
  const a2 = n > 2 ? v128.load(w + 2 * pixelBytes) : none;
  const b2 = n > 2 ? v128.load(w + 2 * pixelBytes, 16) : none;
  const x0 = x + load<u32>(offsets);
  const x1 = x + load<u32>(offsets, 4);
  const x2 = x + load<u32>(offsets, 8);
  for (const end = list + 8 * length; list < end; list += 8) {
    const at = load<u32>(list);
    const to = y + load<u32>(list, 4);
    let a = i32x4.dot_i16x8_s(v128.load(x0 + at), a0);
    let b = i32x4.dot_i16x8_s(v128.load(x0 + at, 16), b0);
    if (n > 1) {
      a = dot(a, x1 + at, a1);
      b = dot(b, x1 + at + 16, b1);
    }
    if (n > 2) {
      a = dot(a, x2 + at, a2);
      b = dot(b, x2 + at + 16, b2);
    }
    v128.store(to, a);
    v128.store(to, b, 16);
  }
}

function eightOfOne(list: usize, length: i32, x: usize, pixelBytes: usize, offsets: usize, w: usize, y: usize): void {
  eightOf(1, list, length, x, pixelBytes, offsets, w, y);
}

function eightOfTwo(list: usize, length: i32, x: usize, pixelBytes: usize, offsets: usize, w: usize, y: usize): void {
  eightOf(2, list, length, x, pixelBytes, offsets, w, y);
}

function eightOfThree(list: usize, length: i32, x: usize, pixelBytes: usize, offsets: usize, w: usize, y: usize): void {
  eightOf(3, list, length, x, pixelBytes, offsets, w, y);
}

/** Two rows of three taps of four channels over runs of neighbouring windows, so that each pixel is loaded once. */
function slide(list: usize, length: i32, x: usize, pixelBytes: usize, down: usize, w: usize, y: usize, real: i32): void {
  const w0 = v128.load(w);
  const w1 = v128.load(w + pixelBytes);
  const w2 = v128.load(w + 2 * pixelBytes);
  const w3 = v128.load(w + 3 * pixelBytes);
  const w4 = v128.load(w + 4 * pixelBytes);
  const w5 = v128.load(w + 5 * pixelBytes);
  for (const end = list + 8 * length; list < end; ) {
    let at = x + load<u32>(list);
    let above = v128.load(at);
    let below = v128.load(at + down);
    let first = i32x4.add(i32x4.dot_i16x8_s(above, w0), i32x4.dot_i16x8_s(below, w3));
    at += pixelBytes;
    above = v128.load(at);
    below = v128.load(at + down);
    first = i32x4.add(first, i32x4.add(i32x4.dot_i16x8_s(above, w1), i32x4.dot_i16x8_s(below, w4)));
    let second = i32x4.add(i32x4.dot_i16x8_s(above, w0), i32x4.dot_i16x8_s(below, w3));
    let pixel: u32;
    do {
      at += pixelBytes;
      above = v128.load(at);
      below = v128.load(at + down);
      const to = y + load<u32>(list, 4);
      const sum = i32x4.add(first, i32x4.add(i32x4.dot_i16x8_s(above, w2), i32x4.dot_i16x8_s(below, w5)));
      first = i32x4.add(second, i32x4.add(i32x4.dot_i16x8_s(above, w1), i32x4.dot_i16x8_s(below, w4)));
      second = i32x4.add(i32x4.dot_i16x8_s(above, w0), i32x4.dot_i16x8_s(below, w3));
      if (real >= 4) v128.store(to, sum);
      else storeLanes(to, sum, real);
      pixel = load<u32>(list) + <u32>pixelBytes;
      list += 8;
    } while (list < end && load<u32>(list) == pixel);
  }
}

/** Sums of the windows in the list of a phase, whose entries become bytes, to the rows [width] of a tile at `y`. */
export function depthwiseIntegerSums(phase: i32, list: usize, length: i32, x: usize, packed: usize, y: usize): void {
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const pixelBytes: usize = 4 * depthwisePixel();
  const taps = allTaps(phase);
  const slides = taps == 6 && columns == 3 && phases() == 1 && (backward || stride == 1);
  const down = 2 * pixelBytes * frameWidth();
  if (backward) x -= pixelBytes * ((rows - 1) * frameWidth() + columns - 1);
  for (let i = 0; i < length; i++) {
    store<u32>(list + 8 * i, load<u32>(list + 8 * i) * <u32>pixelBytes);
    store<u32>(list + 8 * i, load<u32>(list + 8 * i, 4) * 4 * width, 4);
  }
  let c = 0;
  if (taps <= 3)
    for (; c + 8 <= width; c += 8) {
      const to = y + 4 * c;
      const from = x + 4 * c;
      const w = packed + 4 * taps + 4 * c;
      if (taps == 3) eightOfThree(list, length, from, pixelBytes, packed, w, to);
      else if (taps == 2) eightOfTwo(list, length, from, pixelBytes, packed, w, to);
      else eightOfOne(list, length, from, pixelBytes, packed, w, to);
    }
  for (; c < width; c += 4) {
    const to = y + 4 * c;
    const from = x + 4 * c;
    const real = width - c;
    let w = packed + 4 * taps + 4 * c;
    if (slides) slide(list, length, from, pixelBytes, down, w, to, real);
    else
      for (let t = 0; t < taps; t += turn, w += turn * pixelBytes) {
        const offsets = packed + 4 * t;
        const n = taps - t;
        if (n > 3) sixTaps(list, length, from, pixelBytes, offsets, w, to, real, t == 0);
        else if (n == 3) threeTaps(list, length, from, pixelBytes, offsets, w, to, real, t == 0);
        else if (n == 2) twoTaps(list, length, from, pixelBytes, offsets, w, to, real, t == 0);
        else oneTap(list, length, from, pixelBytes, offsets, w, to, real, t == 0);
      }
  }
}
