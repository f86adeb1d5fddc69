/** @file Packing of weights for `winograd.ts`: G w Gt of every kernel, doubled, as int16. */
import { backward, depth, width } from "./geometry";
import { blockOutputs } from "./integerWeights";

/** Transformed kernels of 8 inputs or outputs, one vector for each of 16 places, and as many for their neighbours. */
const even: usize = memory.data(256, 16);
const odd: usize = memory.data(256, 16);

/** Outputs filled up to whole blocks. */
export function blockedOutputs(outputs: i32): i32 {
  const whole = outputs & ~7;
  return whole == outputs ? whole : whole + blockOutputs(whole);
}

@inline
function eight(from: usize, zero: v128): v128 {
  return i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(from)), zero);
}

/** G, doubled, times the columns (a, b, c): four vectors, `step` bytes apart. */
@inline
function spread(a: v128, b: v128, c: v128, to: usize, step: usize): void {
  const ends = i16x8.add(a, c);
  v128.store(to, i16x8.add(a, a));
  v128.store(to + step, i16x8.add(ends, b));
  v128.store(to + 2 * step, i16x8.sub(ends, b));
  v128.store(to + 3 * step, i16x8.add(c, c));
}

/** Doubled G w Gt of 8 kernels side by side; `step` bytes from tap to tap. */
function transformKernels(from: usize, step: usize, zero: i32, to: usize): void {
  const zeros = i16x8.splat(<i16>zero);
  for (let column: usize = 0; column < 3; column++) {
    const at = from + column * step;
    spread(eight(at, zeros), eight(at + 3 * step, zeros), eight(at + 6 * step, zeros), to + 16 * column, 64);
  }
  for (const end = to + 256; to < end; to += 64) spread(v128.load(to), v128.load(to, 16), v128.load(to, 32), to, 16);
}

/** Of forward weights: 8 channels of one output are four pairs, of which each goes to a row of its own. */
function packForward(w: usize, zeros: usize, zeroStep: i32, placeBytes: usize, to: usize): void {
  for (let m = 0; m < width; m++) {
    const block = m & ~7;
    const row: usize = 4 * blockOutputs(block);
    let column = to + 2 * depth * block + 4 * (m - block);
    for (let k = 0; k < depth; k += 8, column += 4 * row) {
      transformKernels(w + 9 * depth * m + k, depth, load<i32>(zeros + 4 * m * zeroStep), even);
      let at = column;
      for (let place: usize = 0; place < 256; place += 16, at += placeBytes) {
        const pairs = v128.load(even + place);
        v128.store32_lane(at, pairs, 0);
        v128.store32_lane(at + row, pairs, 1);
        v128.store32_lane(at + 2 * row, pairs, 2);
        v128.store32_lane(at + 3 * row, pairs, 3);
      }
    }
  }
}

/** Of the turned kernel: 8 outputs of one channel, interleaved with those of the next. */
function packBackward(w: usize, zeros: usize, zeroStep: i32, placeBytes: usize, to: usize): void {
  const step: usize = 0 - width;
  const perChannel = 9 * width;
  for (let m = 0; m < width; m += 8) {
    const outputs = blockOutputs(m);
    for (let k = 0; k < depth; k += 2, to += 4 * outputs) {
      const last = w + perChannel * k + 8 * width + m;
      transformKernels(last, step, load<i32>(zeros + 4 * k * zeroStep), even);
      transformKernels(last + perChannel, step, load<i32>(zeros + 4 * (k + 1) * zeroStep), odd);
      let at = to;
      for (let place: usize = 0; place < 256; place += 16, at += placeBytes) {
        const a = v128.load(even + place);
        const b = v128.load(odd + place);
        v128.store(at, v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
        if (outputs == 8) v128.store(at, v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      }
    }
  }
}

/**
 * [place][block of outputs][pair of channels][output][2], with `outputs` in all blocks together; what is packed for outputs
 * past the last means nothing.
 */
export function packWinograd(w: usize, zeros: usize, zeroStep: i32, outputs: i32, to: usize): void {
  const placeBytes: usize = 2 * depth * outputs;
  if (backward) packBackward(w, zeros, zeroStep, placeBytes, to);
  else packForward(w, zeros, zeroStep, placeBytes, to);
}
