/**
 * @file Packing of weights for products of bytes: four numbers along a kernel row, with outputs as lanes. Rows that are not a
 *   multiple of four are padded with zeros. Each block of outputs is preceded by the initial values of its sums, -(zero of x) *
 *   (sum of w), so that x * w sums to (x - zero) * w.
 */
import { highFours, lowFours, sumsOfFours } from "./bytes";
import {
  backward,
  depth,
  groups,
  kernelColumn,
  kernelHeight,
  kernelRow,
  kernelWidth,
  phaseColumns,
  phaseRows,
  width,
} from "./geometry";
import { blockOutputs } from "./integerWeights";

/** Fours of numbers in a kernel row of a phase. */
export function foursOf(phase: i32): i32 {
  return (phaseColumns(phase) * depth + 3) >> 2;
}

/** Bytes of the packed weights of a phase. */
export function byteWeightBytes(phase: i32): usize {
  const outputs = (width & ~7) + (width & 7 ? blockOutputs(width & ~7) : 0);
  return 4 * groups * outputs * (1 + phaseRows(phase) * foursOf(phase));
}

/** One kernel row of `run` numbers, contiguous in the weights of an output, of the outputs of a block from `o` on. */
function packForwardRow(w: usize, perOutput: usize, o: i32, outputs: i32, run: i32, to: usize): void {
  const last = groups * width - 1;
  const step: usize = 4 * outputs;
  for (let j = 0; j < outputs; j++) {
    let from = w + perOutput * min(o + j, last);
    let place = to + 4 * j;
    let r = run;
    for (; r >= 4; r -= 4, from += 4, place += step) store<u32>(place, load<u32>(from));
    if (r) store<u32>(place, load<u32>(from) & ((1 << (8 * r)) - 1));
  }
}

@inline
function storeFours(to: usize, outputs: i32, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, lowFours(a, b, c, d));
  if (outputs == 8) v128.store(to, highFours(a, b, c, d), 16);
}

/** One row of the flipped kernel; the outputs of a block, from `m` on in group `g`, are adjacent in memory. */
function packBackwardRow(phase: i32, row: i32, w: usize, g: i32, m: i32, outputs: i32, to: usize): void {
  const columns = phaseColumns(phase);
  const perOutput: usize = kernelHeight * kernelWidth * width;
  const none = i8x16.splat(0);
  let x0 = none;
  let x1 = none;
  let x2 = none;
  let r = 0;
  for (let b = 0; b < columns; b++) {
    const tap = row * kernelWidth + kernelColumn(phase, columns - 1 - b);
    let from = w + perOutput * g * depth + tap * width + m;
    for (let k = 0; k < depth; k++, r++, from += perOutput) {
      const x = v128.load64_zero(from);
      const place = r & 3;
      if (place == 0) {
        x0 = x;
        x1 = none;
        x2 = none;
      } else if (place == 1) x1 = x;
      else if (place == 2) x2 = x;
      else {
        storeFours(to, outputs, x0, x1, x2, x);
        to += 4 * outputs;
      }
    }
  }
  if (r & 3) storeFours(to, outputs, x0, x1, x2, none);
}

/** Initial sums: the sums of the weights of the four outputs of a lane, `fours` vectors `step` bytes apart, times -zero. */
function beginning(from: usize, fours: i32, step: usize, zero: i32): v128 {
  let sum = i32x4.splat(0);
  for (; fours > 0; fours--, from += step) sum = i32x4.add(sum, sumsOfFours(v128.load(from)));
  return i32x4.mul(sum, i32x4.splat(-zero));
}

/**
 * Packs weights as [group][block of outputs]: the initial sums [output] int32, then [kernel row][four][output][4] bytes. `zero` is
 * that of the other operand. Backward-input flips the kernel. Lanes past the last output are undefined.
 */
export function packByteWeights(phase: i32, w: usize, zero: i32, to: usize): void {
  const rows = phaseRows(phase);
  const fours = foursOf(phase);
  const run = phaseColumns(phase) * depth;
  const perOutput: usize = kernelHeight * run;
  for (let g = 0; g < groups; g++)
    for (let m = 0; m < width; m += 8) {
      const outputs = blockOutputs(m);
      const step: usize = 4 * outputs;
      const first = to + step;
      to = first;
      for (let a = 0; a < rows; a++, to += step * fours)
        if (backward) packBackwardRow(phase, kernelRow(phase, rows - 1 - a), w, g, m, outputs, to);
        else packForwardRow(w + a * run, perOutput, g * width + m, outputs, run, to);
      for (let j: usize = 0; j < step; j += 16)
        v128.store(first - step + j, beginning(first + j, rows * fours, step, zero));
    }
}
