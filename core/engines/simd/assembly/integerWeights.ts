/**
 * @file Packing of integer weights for `integerProduct.ts`: int16 (code - zeroPoint), pairs of numbers along a kernel row, with
 *   outputs as lanes. Odd rows are padded with a zero weight.
 */
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

/** Outputs of the block that begins at output `m`: 8, or 4 where no more are left. */
@inline
export function blockOutputs(m: i32): i32 {
  return width - m > 4 ? 8 : 4;
}

/** Pairs of numbers in a kernel row of a phase. */
export function pairsOf(phase: i32): i32 {
  return (phaseColumns(phase) * depth + 1) >> 1;
}

/** Bytes of the packed weights of a phase. */
export function integerWeightBytes(phase: i32): usize {
  const outputs = (width & ~7) + (width & 7 ? blockOutputs(width & ~7) : 0);
  return 4 * groups * outputs * phaseRows(phase) * pairsOf(phase);
}

/**
 * Four pairs of two outputs each, as they are in memory, to two vectors of pairs; together with the other two outputs, four pairs
 * of four outputs.
 */
@inline
export function storePairs(to: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const abRest = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdRest = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to + step, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(to + 2 * step, v128.shuffle<i64>(abRest, cdRest, 0, 2));
  v128.store(to + 3 * step, v128.shuffle<i64>(abRest, cdRest, 1, 3));
}

/** 8 weights of output `o` minus its zero point; those of the last output if there is no such output. */
@inline
function eight(from: usize, perOutput: usize, o: i32, last: i32, zeros: usize, zeroStep: i32): v128 {
  const output = min(o, last);
  const zero = i16x8.splat(<i16>load<i32>(zeros + 4 * output * zeroStep));
  return i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(from + perOutput * output)), zero);
}

/** One kernel row, contiguous in the weights of an output, of the outputs of a block from `o` on: [pair][output][2]. */
function packForwardRow(w: usize, perOutput: usize, o: i32, outputs: i32, run: i32, zeros: usize, zeroStep: i32, to: usize): void {
  const last = groups * width - 1;
  const step: usize = 4 * outputs;
  let r = 0;
  for (; r + 8 <= run; r += 8)
    for (let j = 0; j < outputs; j += 4)
      storePairs(
        to + (r >> 1) * step + 4 * j,
        step,
        eight(w + r, perOutput, o + j, last, zeros, zeroStep),
        eight(w + r, perOutput, o + j + 1, last, zeros, zeroStep),
        eight(w + r, perOutput, o + j + 2, last, zeros, zeroStep),
        eight(w + r, perOutput, o + j + 3, last, zeros, zeroStep),
      );
  for (let j = 0; j < outputs; j++) {
    const output = min(o + j, last);
    const zero = load<i32>(zeros + 4 * output * zeroStep);
    const from = w + perOutput * output;
    let place = to + (r >> 1) * step + 4 * j;
    let k = r;
    for (; k + 2 <= run; k += 2, place += step) {
      store<i16>(place, load<i8>(from + k) - zero);
      store<i16>(place, load<i8>(from + k, 1) - zero, 2);
    }
    if (k < run) store<i32>(place, (load<i8>(from + k) - zero) & 0xffff);
  }
}

/** 8 weights of adjacent inputs for output `o` of the forward convolution, minus its zero point. */
@inline
function neighbours(w: usize, perOutput: usize, o: i32, zeros: usize, zeroStep: i32): v128 {
  const zero = i16x8.splat(<i16>load<i32>(zeros + 4 * o * zeroStep));
  return i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(w + perOutput * o)), zero);
}

/**
 * Packs weights as [group][block of outputs][kernel row][pair][output][2] for a phase, (code - zeroPoint). Backward-input flips the
 * kernel: tap 0 comes last. `zeros` has `zeroStep` (0 or 1) entries from one of the O outputs to the next. Lanes past the last
 * output are undefined.
 */
export function packIntegerWeights(phase: i32, w: usize, zeros: usize, zeroStep: i32, to: usize): void {
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const pairs = pairsOf(phase);
  const run = columns * depth;
  const perOutput: usize = kernelHeight * kernelWidth * (backward ? width : depth);
  for (let g = 0; g < groups; g++)
    for (let m = 0; m < width; m += 8) {
      const outputs = blockOutputs(m);
      const step: usize = 4 * outputs;
      for (let a = 0; a < rows; a++, to += step * pairs) {
        if (!backward) {
          packForwardRow(w + a * run, perOutput, g * width + m, outputs, run, zeros, zeroStep, to);
          continue;
        }
        const row = kernelRow(phase, rows - 1 - a) * kernelWidth;
        let place = to;
        let even = i16x8.splat(0);
        for (let r = 0, b = 0; b < columns; b++) {
          const from = w + (row + kernelColumn(phase, columns - 1 - b)) * width + m;
          for (let k = 0; k < depth; k++, r++) {
            const x = neighbours(from, perOutput, g * depth + k, zeros, zeroStep);
            if (r & 1) {
              v128.store(place, v128.shuffle<i16>(even, x, 0, 8, 1, 9, 2, 10, 3, 11));
              if (outputs == 8) v128.store(place, v128.shuffle<i16>(even, x, 4, 12, 5, 13, 6, 14, 7, 15), 16);
              place += step;
            } else even = x;
          }
        }
        if (run & 1) {
          const none = i16x8.splat(0);
          v128.store(place, v128.shuffle<i16>(even, none, 0, 8, 1, 9, 2, 10, 3, 11));
          if (outputs == 8) v128.store(place, v128.shuffle<i16>(even, none, 4, 12, 5, 13, 6, 14, 7, 15), 16);
        }
      }
    }
}
