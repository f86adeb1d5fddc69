/** @file Packing of weights for `winograd.ts`: G' w G't of every kernel as int16. */
import { table } from "./arena";
import { backward, depth, width } from "./geometry";
import { blockOutputs, storePairs } from "./integerWeights";

/** Transformed kernels of 8 inputs or outputs, one vector for each place, of four neighbours. */
const kernelBytes: usize = 576;
const transformed: usize = table(2304);

/** Outputs filled up to whole blocks. */
export function blockedOutputs(outputs: i32): i32 {
  const whole = outputs & ~7;
  return whole == outputs ? whole : whole + blockOutputs(whole);
}

@inline
function eight(from: usize, zero: v128): v128 {
  return i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(from)), zero);
}

/** G' times the column (a, b, c): (3 0 0), (1 1 1), (1 -1 1), (1 2 4), (1 -2 4), (0 0 3); six vectors, `step` bytes apart. */
@inline
function spread(a: v128, b: v128, c: v128, to: usize, step: usize): void {
  const ends = i16x8.add(a, c);
  const far = i16x8.add(a, i16x8.shl(c, 2));
  const twice = i16x8.add(b, b);
  v128.store(to, i16x8.add(a, i16x8.add(a, a)));
  v128.store(to + step, i16x8.add(ends, b));
  v128.store(to + 2 * step, i16x8.sub(ends, b));
  v128.store(to + 3 * step, i16x8.add(far, twice));
  v128.store(to + 4 * step, i16x8.sub(far, twice));
  v128.store(to + 5 * step, i16x8.add(c, i16x8.add(c, c)));
}

/** G' w G't of 8 kernels side by side; `step` bytes from tap to tap. */
function transformKernels(from: usize, step: usize, zero: i32, to: usize): void {
  const zeros = i16x8.splat(<i16>zero);
  for (let column: usize = 0; column < 3; column++) {
    const at = from + column * step;
    spread(eight(at, zeros), eight(at + 3 * step, zeros), eight(at + 6 * step, zeros), to + 16 * column, 96);
  }
  for (const end = to + kernelBytes; to < end; to += 96)
    spread(v128.load(to), v128.load(to, 16), v128.load(to, 32), to, 16);
}

/** Packs a block of outputs of forward weights, from `m` on: 8 channels of four outputs are four rows of pairs. */
function packForward(m: i32, outputs: i32, w: usize, zeros: usize, zeroStep: i32, stride: usize, to: usize): void {
  const row: usize = 4 * outputs;
  for (let k = 0; k < depth; k += 8, to += 4 * row)
    for (let j = 0; j < outputs; j += 4) {
      for (let i = 0; i < 4; i++) {
        const output = min(m + j + i, width - 1);
        const zero = load<i32>(zeros + 4 * output * zeroStep);
        transformKernels(w + 9 * depth * output + k, depth, zero, transformed + kernelBytes * i);
      }
      let at = to + 4 * j;
      for (let from = transformed; from < transformed + kernelBytes; from += 16, at += stride)
        storePairs(
          at,
          row,
          v128.load(from),
          v128.load(from + kernelBytes),
          v128.load(from + 2 * kernelBytes),
          v128.load(from + 3 * kernelBytes),
        );
    }
}

/** Packs the turned kernel: 8 outputs of one channel, interleaved with those of the next. */
function packBackward(m: i32, outputs: i32, w: usize, zeros: usize, zeroStep: i32, stride: usize, to: usize): void {
  const step: usize = 0 - width;
  const perChannel = 9 * width;
  for (let k = 0; k < depth; k += 2, to += 4 * outputs) {
    const last = w + perChannel * k + 8 * width + m;
    transformKernels(last, step, load<i32>(zeros + 4 * k * zeroStep), transformed);
    transformKernels(last + perChannel, step, load<i32>(zeros + 4 * (k + 1) * zeroStep), transformed + kernelBytes);
    let at = to;
    for (let from = transformed; from < transformed + kernelBytes; from += 16, at += stride) {
      const a = v128.load(from);
      const b = v128.load(from + kernelBytes);
      v128.store(at, v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
      if (outputs == 8) v128.store(at, v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    }
  }
}

/**
 * Weights of `count` outputs from `first` (a multiple of 8) on: [place][block of outputs][pair of channels][output][2], places
 * `stride` bytes apart. What is packed for outputs past the last means nothing.
 */
export function packWinograd(first: i32, count: i32, w: usize, zeros: usize, zeroStep: i32, stride: usize, to: usize): void {
  for (let m = first; m < first + count; m += 8) {
    const outputs = blockOutputs(m);
    if (backward) packBackward(m, outputs, w, zeros, zeroStep, stride, to);
    else packForward(m, outputs, w, zeros, zeroStep, stride, to);
    to += 2 * depth * outputs;
  }
}
