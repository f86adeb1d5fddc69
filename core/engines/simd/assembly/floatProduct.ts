/**
 * @file Float32 sums of a convolution: four windows by eight (or four) outputs at a time.
 *
 * Each sum starts from 0 and adds its taps in the order kernel row, kernel column, channel, with each product and each sum rounded;
 * only outputs and windows run side by side. Zeros around a frame add +-0, which does not change a sum if weights are finite.
 */
import {
  backward,
  depth,
  frameWidth,
  groups,
  kernelColumn,
  kernelHeight,
  kernelRow,
  kernelWidth,
  phaseColumns,
  phaseRows,
  width,
} from "./geometry";
import { storeLanes } from "./lanes";

@inline
function blockOutputs(m: i32): i32 {
  return width - m > 4 ? 8 : 4;
}

export function floatWeightBytes(phase: i32): usize {
  const outputs = (width & ~7) + (width & 7 ? blockOutputs(width & ~7) : 0);
  return 4 * groups * outputs * phaseRows(phase) * phaseColumns(phase) * depth;
}

/** Packs weights as [group][block of outputs][tap row][tap column][channel][output] for a phase. */
export function packFloatWeights(phase: i32, w: usize, to: usize): void {
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const perOutput = 4 * kernelHeight * kernelWidth * (backward ? width : depth);
  for (let g = 0; g < groups; g++)
    for (let m = 0; m < width; m += 8) {
      const outputs = blockOutputs(m);
      const real = min(outputs, width - m);
      for (let a = 0; a < rows; a++)
        for (let b = 0; b < columns; b++) {
          const tap = kernelRow(phase, a) * kernelWidth + kernelColumn(phase, b);
          for (let k = 0; k < depth; k++, to += 4 * outputs) {
            let from = backward
              ? w + (g * depth + k) * perOutput + 4 * (tap * width + m)
              : w + (g * width + m) * perOutput + 4 * (tap * depth + k);
            const step: usize = backward ? 4 : perOutput;
            for (let j = 0; j < outputs; j++, from += step)
              store<f32>(to + 4 * j, j < real ? load<f32>(from) : 0);
          }
        }
    }
}

@inline
function add(sum: v128, x: v128, w: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, w));
}

/**
 * `channels` of each column; `rowStep`, `columnStep`: bytes from a tap's first channel to that of the next row or column, which may
 * be negative.
 */
function fourByEight(
  rows: i32,
  columns: i32,
  channels: i32,
  rowStep: usize,
  columnStep: usize,
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
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  const channelBytes: usize = 4 * channels;
  const nextRow = rowStep - <usize>columns * columnStep;
  const nextColumn = columnStep - channelBytes;
  for (; rows > 0; rows--) {
    for (let b = columns; b > 0; b--) {
      for (let k = channels; k > 0; k--, w += 32, x0 += 4, x1 += 4, x2 += 4, x3 += 4) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        let x = v128.load32_splat(x0);
        a0 = add(a0, x, w0);
        a1 = add(a1, x, w1);
        x = v128.load32_splat(x1);
        b0 = add(b0, x, w0);
        b1 = add(b1, x, w1);
        x = v128.load32_splat(x2);
        c0 = add(c0, x, w0);
        c1 = add(c1, x, w1);
        x = v128.load32_splat(x3);
        d0 = add(d0, x, w0);
        d1 = add(d1, x, w1);
      }
      x0 += nextColumn;
      x1 += nextColumn;
      x2 += nextColumn;
      x3 += nextColumn;
    }
    x0 += nextRow;
    x1 += nextRow;
    x2 += nextRow;
    x3 += nextRow;
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

function fourByFour(
  rows: i32,
  columns: i32,
  channels: i32,
  rowStep: usize,
  columnStep: usize,
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
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const channelBytes: usize = 4 * channels;
  const nextRow = rowStep - <usize>columns * columnStep;
  const nextColumn = columnStep - channelBytes;
  for (; rows > 0; rows--) {
    for (let left = columns; left > 0; left--) {
      for (let k = channels; k > 0; k--, w += 16, x0 += 4, x1 += 4, x2 += 4, x3 += 4) {
        const w0 = v128.load(w);
        a = add(a, v128.load32_splat(x0), w0);
        b = add(b, v128.load32_splat(x1), w0);
        c = add(c, v128.load32_splat(x2), w0);
        d = add(d, v128.load32_splat(x3), w0);
      }
      x0 += nextColumn;
      x1 += nextColumn;
      x2 += nextColumn;
      x3 += nextColumn;
    }
    x0 += nextRow;
    x1 += nextRow;
    x2 += nextRow;
    x3 += nextRow;
  }
  storeLanes(y0, a, real);
  storeLanes(y1, b, real);
  storeLanes(y2, c, real);
  storeLanes(y3, d, real);
}

/** Sums of all windows in the list of a phase, over frames at `x`, to the rows [groups * width] of a tile at `y`. */
export function floatSums(phase: i32, list: usize, length: i32, x: usize, frameBytes: usize, w: usize, y: usize): void {
  const rows = phaseRows(phase);
  // Forward, the columns of a kernel row are contiguous: they are one column of many channels.
  const columns = backward ? phaseColumns(phase) : 1;
  const channels = backward ? depth : kernelWidth * depth;
  const pixelBytes: usize = 4 * depth;
  const columnStep: usize = backward ? 0 - pixelBytes : pixelBytes;
  const rowStep = columnStep * frameWidth();
  const rowBytes: usize = 4 * groups * width;
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
        const y0 = to + rowBytes * load<u32>(at, 4);
        const y1 = to + rowBytes * load<u32>(at, 12);
        const y2 = to + rowBytes * load<u32>(at, 20);
        const y3 = to + rowBytes * load<u32>(at, 28);
        if (outputs == 8)
          fourByEight(rows, columns, channels, rowStep, columnStep, w, x0, x1, x2, x3, y0, y1, y2, y3, real);
        else fourByFour(rows, columns, channels, rowStep, columnStep, w, x0, x1, x2, x3, y0, y1, y2, y3, real);
      }
      w += 4 * outputs * rows * columns * channels;
    }
}
