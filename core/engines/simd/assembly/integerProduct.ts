/**
 * @file Integer sums of a convolution: four windows by eight (or four) outputs at a time, in registers.
 *
 *     sums[window, output] = sum over kernel rows, pairs of (kernel column, channel) of   x pair . w pair
 *
 * Frames and weights are int16. A kernel row of a window is one contiguous run of the frame. Two numbers at a time are multiplied
 * (`i32x4.dot_i16x8_s`) with the same two numbers of four outputs, so that lanes are outputs and are never summed across. An odd
 * run is padded with a zero weight.
 *
 * The same loops multiply bytes (`bytes.ts`): a "pair" is then four bytes, which take as much room, and sums start with the values
 * that precede the weights. The type T of a kernel selects this: i16, or i8 or u8.
 */
import { dot, onesOf } from "./bytes";
import { foursOf } from "./byteWeights";
import { fourBySix } from "./fourBySix";
import { backward, depth, frameWidth, groups, phaseColumns, phaseRows, width } from "./geometry";
import { blockOutputs, pairsOf } from "./integerWeights";
import { storeLanes } from "./lanes";

/**
 * Four windows by 8 outputs; the first `real` outputs are stored. `rowBytes` is the distance between rows of a frame.
 *
 * Leaving the loop between two pairs costs less than a remainder, and keeps the compiler from loading for several pairs at once,
 * which would need more registers than there are.
 */
@inline
export function windowsByEight<T>(
  rows: i32,
  pairs: i32,
  rowBytes: usize,
  w: usize,
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  real: i32,
): void {
  const ones = onesOf<T>();
  let a0 = i32x4.splat(0);
  let a1 = a0;
  if (sizeof<T>() == 1) {
    a0 = v128.load(w);
    a1 = v128.load(w, 16);
    w += 32;
  }
  let b0 = a0;
  let b1 = a1;
  let c0 = a0;
  let c1 = a1;
  let d0 = a0;
  let d1 = a1;
  const whole = (pairs - 1) >> 2;
  const nextX = rowBytes - 16 * whole;
  const nextW = 32 * (pairs - 4 * whole);
  let w0: v128;
  let w1: v128;
  let x: v128;
  for (; rows > 0; rows--) {
    let p = pairs;
    while (true) {
      w0 = v128.load(w);
      w1 = v128.load(w, 16);
      x = v128.load32_splat(x0);
      a0 = dot<T>(a0, x, w0, ones);
      a1 = dot<T>(a1, x, w1, ones);
      x = v128.load32_splat(x1);
      b0 = dot<T>(b0, x, w0, ones);
      b1 = dot<T>(b1, x, w1, ones);
      x = v128.load32_splat(x2);
      c0 = dot<T>(c0, x, w0, ones);
      c1 = dot<T>(c1, x, w1, ones);
      x = v128.load32_splat(x3);
      d0 = dot<T>(d0, x, w0, ones);
      d1 = dot<T>(d1, x, w1, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 32);
      w1 = v128.load(w, 48);
      x = v128.load32_splat(x0, 4);
      a0 = dot<T>(a0, x, w0, ones);
      a1 = dot<T>(a1, x, w1, ones);
      x = v128.load32_splat(x1, 4);
      b0 = dot<T>(b0, x, w0, ones);
      b1 = dot<T>(b1, x, w1, ones);
      x = v128.load32_splat(x2, 4);
      c0 = dot<T>(c0, x, w0, ones);
      c1 = dot<T>(c1, x, w1, ones);
      x = v128.load32_splat(x3, 4);
      d0 = dot<T>(d0, x, w0, ones);
      d1 = dot<T>(d1, x, w1, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 64);
      w1 = v128.load(w, 80);
      x = v128.load32_splat(x0, 8);
      a0 = dot<T>(a0, x, w0, ones);
      a1 = dot<T>(a1, x, w1, ones);
      x = v128.load32_splat(x1, 8);
      b0 = dot<T>(b0, x, w0, ones);
      b1 = dot<T>(b1, x, w1, ones);
      x = v128.load32_splat(x2, 8);
      c0 = dot<T>(c0, x, w0, ones);
      c1 = dot<T>(c1, x, w1, ones);
      x = v128.load32_splat(x3, 8);
      d0 = dot<T>(d0, x, w0, ones);
      d1 = dot<T>(d1, x, w1, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 96);
      w1 = v128.load(w, 112);
      x = v128.load32_splat(x0, 12);
      a0 = dot<T>(a0, x, w0, ones);
      a1 = dot<T>(a1, x, w1, ones);
      x = v128.load32_splat(x1, 12);
      b0 = dot<T>(b0, x, w0, ones);
      b1 = dot<T>(b1, x, w1, ones);
      x = v128.load32_splat(x2, 12);
      c0 = dot<T>(c0, x, w0, ones);
      c1 = dot<T>(c1, x, w1, ones);
      x = v128.load32_splat(x3, 12);
      d0 = dot<T>(d0, x, w0, ones);
      d1 = dot<T>(d1, x, w1, ones);
      if (--p == 0) break;
      w += 128;
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
    }
    w += nextW;
    x0 += nextX;
    x1 += nextX;
    x2 += nextX;
    x3 += nextX;
  }
  if (real == 8) {
    v128.store(y0, a0);
    v128.store(y0, a1, 16);
    v128.store(y1, b0);
    v128.store(y1, b1, 16);
    v128.store(y2, c0);
    v128.store(y2, c1, 16);
    v128.store(y3, d0);
    v128.store(y3, d1, 16);
    return;
  }
  storeLanes(y0, a0, real);
  storeLanes(y0 + 16, a1, real - 4);
  storeLanes(y1, b0, real);
  storeLanes(y1 + 16, b1, real - 4);
  storeLanes(y2, c0, real);
  storeLanes(y2 + 16, c1, real - 4);
  storeLanes(y3, d0, real);
  storeLanes(y3 + 16, d1, real - 4);
}

/** The same as a function of its own, whose loop has all registers to itself. */
export function fourByEight<T>(
  rows: i32,
  pairs: i32,
  rowBytes: usize,
  w: usize,
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  real: i32,
): void {
  windowsByEight<T>(rows, pairs, rowBytes, w, x0, x1, x2, x3, y0, y1, y2, y3, real);
}

/** Four windows by 4 outputs. */
export function fourByFour<T>(
  rows: i32,
  pairs: i32,
  rowBytes: usize,
  w: usize,
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  real: i32,
): void {
  const ones = onesOf<T>();
  let a = i32x4.splat(0);
  if (sizeof<T>() == 1) {
    a = v128.load(w);
    w += 16;
  }
  let b = a;
  let c = a;
  let d = a;
  const whole = (pairs - 1) >> 2;
  const nextX = rowBytes - 16 * whole;
  const nextW = 16 * (pairs - 4 * whole);
  let w0: v128;
  for (; rows > 0; rows--) {
    let p = pairs;
    while (true) {
      w0 = v128.load(w);
      a = dot<T>(a, v128.load32_splat(x0), w0, ones);
      b = dot<T>(b, v128.load32_splat(x1), w0, ones);
      c = dot<T>(c, v128.load32_splat(x2), w0, ones);
      d = dot<T>(d, v128.load32_splat(x3), w0, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 16);
      a = dot<T>(a, v128.load32_splat(x0, 4), w0, ones);
      b = dot<T>(b, v128.load32_splat(x1, 4), w0, ones);
      c = dot<T>(c, v128.load32_splat(x2, 4), w0, ones);
      d = dot<T>(d, v128.load32_splat(x3, 4), w0, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 32);
      a = dot<T>(a, v128.load32_splat(x0, 8), w0, ones);
      b = dot<T>(b, v128.load32_splat(x1, 8), w0, ones);
      c = dot<T>(c, v128.load32_splat(x2, 8), w0, ones);
      d = dot<T>(d, v128.load32_splat(x3, 8), w0, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 48);
      a = dot<T>(a, v128.load32_splat(x0, 12), w0, ones);
      b = dot<T>(b, v128.load32_splat(x1, 12), w0, ones);
      c = dot<T>(c, v128.load32_splat(x2, 12), w0, ones);
      d = dot<T>(d, v128.load32_splat(x3, 12), w0, ones);
      if (--p == 0) break;
      w += 64;
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
    }
    w += nextW;
    x0 += nextX;
    x1 += nextX;
    x2 += nextX;
    x3 += nextX;
  }
  storeLanes(y0, a, real);
  storeLanes(y1, b, real);
  storeLanes(y2, c, real);
  storeLanes(y3, d, real);
}

/** Sums of all windows in the list of a phase, over frames at `x`, to the rows [groups * width] of a tile at `y`. */
export function integerSums<T>(
  phase: i32,
  list: usize,
  length: i32,
  x: usize,
  frameBytes: usize,
  w: usize,
  y: usize,
): void {
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const pairs = sizeof<T>() == 1 ? foursOf(phase) : pairsOf(phase);
  const pixelBytes: usize = sizeof<T>() * depth;
  const frameRow = pixelBytes * frameWidth();
  if (backward) x -= pixelBytes * ((rows - 1) * frameWidth() + columns - 1);
  const tileRow: usize = 4 * groups * width;
  const listEnd = list + 8 * length;
  for (let g = 0; g < groups; g++, x += frameBytes)
    for (let m = 0; m < width; m += 8) {
      const outputs = blockOutputs(m);
      const real = min(outputs, width - m);
      const to = y + 4 * (g * width + m);
      for (let at = list; at < listEnd; at += 32) {
        const x0 = x + pixelBytes * load<u32>(at);
        const x1 = x + pixelBytes * load<u32>(at, 8);
        const x2 = x + pixelBytes * load<u32>(at, 16);
        const x3 = x + pixelBytes * load<u32>(at, 24);
        const y0 = to + tileRow * load<u32>(at, 4);
        const y1 = to + tileRow * load<u32>(at, 12);
        const y2 = to + tileRow * load<u32>(at, 20);
        const y3 = to + tileRow * load<u32>(at, 28);
        if (outputs == 8 && real <= 6)
          fourBySix<T>(rows, pairs, frameRow, w, x0, x1, x2, x3, y0, y1, y2, y3, real);
        else if (outputs == 8) fourByEight<T>(rows, pairs, frameRow, w, x0, x1, x2, x3, y0, y1, y2, y3, real);
        else fourByFour<T>(rows, pairs, frameRow, w, x0, x1, x2, x3, y0, y1, y2, y3, real);
      }
      w += 4 * outputs * (rows * pairs + (sizeof<T>() == 1 ? 1 : 0));
    }
}
