/**
 * @file Integer sums of a depthwise convolution, where each channel has a kernel of its own: lanes are channels.
 *
 * The geometry is that of one group with as many channels. Frames hold two rows interleaved (`depthwiseFrame.ts`), and so do weights:
 * a tap is a pair of kernel rows at one kernel column. Six taps, enough for a kernel of 3x3 or 4x3, stay in registers while
 * four channels of all windows go by; larger kernels take several turns. Missing rows and taps have weights of zero.
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
  width,
} from "./geometry";
import { storeLanes } from "./lanes";

const turn: i32 = 6;

/** Taps of a phase, filled up to whole turns. */
function allTaps(phase: i32): i32 {
  const taps = ((phaseRows(phase) + 1) >> 1) * phaseColumns(phase);
  return ((taps + turn - 1) / turn) * turn;
}

/** Bytes of the offsets of the taps and of packed weights. */
export function depthwiseIntegerWeightBytes(phase: i32): usize {
  return allTaps(phase) * (4 + 4 * depthwisePixel());
}

/**
 * Offsets [tap] in bytes from the upper left corner of a window, then weights [tap][channel][2] as int16 (code - zeroPoint).
 * Backward-input turns the kernel.
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

/** Six taps of four channels over all windows in the list; `fresh`: sums start from 0, otherwise from what is at `y`. */
function sixTaps(
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
  const w0 = v128.load(w);
  const w1 = v128.load(w + pixelBytes);
  const w2 = v128.load(w + 2 * pixelBytes);
  const w3 = v128.load(w + 3 * pixelBytes);
  const w4 = v128.load(w + 4 * pixelBytes);
  const w5 = v128.load(w + 5 * pixelBytes);
  const x0 = x + load<u32>(offsets);
  const x1 = x + load<u32>(offsets, 4);
  const x2 = x + load<u32>(offsets, 8);
  const x3 = x + load<u32>(offsets, 12);
  const x4 = x + load<u32>(offsets, 16);
  const x5 = x + load<u32>(offsets, 20);
  for (const end = list + 8 * length; list < end; list += 8) {
    const at = load<u32>(list);
    const to = y + load<u32>(list, 4);
    let sum = fresh ? i32x4.splat(0) : v128.load(to);
    sum = dot(sum, x0 + at, w0);
    sum = dot(sum, x1 + at, w1);
    sum = dot(sum, x2 + at, w2);
    sum = dot(sum, x3 + at, w3);
    sum = dot(sum, x4 + at, w4);
    sum = dot(sum, x5 + at, w5);
    if (real >= 4) v128.store(to, sum);
    else storeLanes(to, sum, real);
  }
}

/** Sums of the windows in the list of a phase, whose entries become bytes, to the rows [width] of a tile at `y`. */
export function depthwiseIntegerSums(phase: i32, list: usize, length: i32, x: usize, packed: usize, y: usize): void {
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const pixelBytes: usize = 4 * depthwisePixel();
  const taps = allTaps(phase);
  const weights = packed + 4 * taps;
  if (backward && rows) x -= pixelBytes * ((rows - 1) * frameWidth() + columns - 1);
  for (let i = 0; i < length; i++) {
    store<u32>(list + 8 * i, load<u32>(list + 8 * i) * <u32>pixelBytes);
    store<u32>(list + 8 * i, load<u32>(list + 8 * i, 4) * 4 * width, 4);
  }
  for (let c = 0; c < width; c += 4) {
    const to = y + 4 * c;
    if (taps == 0)
      for (let i = 0; i < length; i++) storeLanes(to + load<u32>(list + 8 * i, 4), i32x4.splat(0), width - c);
    for (let t = 0; t < taps; t += turn)
      sixTaps(
        list,
        length,
        x + 4 * c,
        pixelBytes,
        packed + 4 * t,
        weights + pixelBytes * t + 4 * c,
        to,
        width - c,
        t == 0,
      );
  }
}
