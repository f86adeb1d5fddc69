/**
 * @file Integer weight gradients from products of bytes (`bytes.ts`): dw[o, kh, kw, i] = sum over positions of dy * x.
 *
 * Four positions are taken at a time: a band of dy is transposed, so that the positions of an output are adjacent, and the numbers
 * of their windows are interleaved by fours of positions. The rest is the kernel of a convolution with outputs as windows,
 * positions as taps, and the numbers of a kernel row as outputs. It sums (dy - its zero) * x. x has its zero point around the image
 * as well, so the missing term, -(zero of x) * (sum of dy - its zero), is the same for all numbers of an output.
 */
import { mark, release, take } from "./arena";
import { canBeSigned, highFours, lowFours, Meaning, meaning, offset, sumsOfFours } from "./bytes";
import { packBytes } from "./frame";
import {
  depth,
  framePixels,
  frameWidth,
  fromHeight,
  fromWidth,
  groups,
  inBytes,
  kernelHeight,
  samples,
  toHeight,
  toWidth,
  width,
  windows,
} from "./geometry";
import { finishGradient, flushGradient, gradientBytes, gradientRun } from "./gradientSums";
import { fourByEight } from "./integerProduct";

const packedLimit: usize = 262144;
/** Bytes of the sums of the outputs that share interleaved windows, if one band holds all positions. */
const sumLimit: usize = 262144;
/** Positions of a band; a multiple of 16. */
const band: i32 = 1024;
/** Bytes from one output of the transposed dy to the next. */
const turnedBytes: usize = band + 64;
/** Number of positions whose products, at most 255 * 128 each, always fit into 31 bits, less one band. */
const flushLimit: i32 = 65793 - band;

let tile: usize = 0;
let chunk: usize = 0;
let turned: usize = 0;
let list: usize = 0;

/** Whether codes can be multiplied as bytes: the codes of x, and the zero point around its images. */
export function suitsByteGradient(x: usize, zero: i32): bool {
  if (meaning == Meaning.Pairs && (zero < -64 || zero > 63)) return false;
  return canBeSigned(x, samples * fromHeight * fromWidth * groups * depth);
}

/** dy of `positions` as bytes [output][position], offset; padded with `zero` to a multiple of 16 positions. */
function turn(dy: usize, positions: i32, outputs: i32, zero: i32): void {
  const mask = i8x16.splat(<i8>offset);
  for (let o = 0; o < outputs; o += 8) {
    const real = min(8, outputs - o);
    const row = turned + turnedBytes * o;
    let from = dy + o;
    let p = 0;
    for (; p + 4 <= positions; p += 4, from += 4 * outputs) {
      const a = v128.load64_zero(from);
      const b = v128.load64_zero(from + outputs);
      const c = v128.load64_zero(from + 2 * outputs);
      const d = v128.load64_zero(from + 3 * outputs);
      const low = v128.xor(lowFours(a, b, c, d), mask);
      const high = v128.xor(highFours(a, b, c, d), mask);
      const to = row + p;
      v128.store32_lane(to, low, 0);
      v128.store32_lane(to + turnedBytes, low, 1);
      v128.store32_lane(to + 2 * turnedBytes, low, 2);
      v128.store32_lane(to + 3 * turnedBytes, low, 3);
      v128.store32_lane(to + 4 * turnedBytes, high, 0);
      v128.store32_lane(to + 5 * turnedBytes, high, 1);
      v128.store32_lane(to + 6 * turnedBytes, high, 2);
      v128.store32_lane(to + 7 * turnedBytes, high, 3);
    }
    const filled = (positions + 15) & ~15;
    for (let j = 0; j < real; j++) {
      const to = row + turnedBytes * j;
      for (let q = p; q < positions; q++)
        store<u8>(to + q, load<u8>(dy + q * outputs + o + j) ^ <u8>offset);
      for (let q = positions; q < filled; q++) store<u8>(to + q, <u8>zero);
    }
  }
}

/** Adds the sum of (dy - zero) over the positions of a band, for each output, to float64 totals. */
function addSums(positions: i32, outputs: i32, zero: i32, totals: usize): void {
  const filled = (positions + 15) & ~15;
  const mask = i8x16.splat(<i8>offset);
  for (let o = 0; o < outputs; o++, totals += 8) {
    const row = turned + turnedBytes * o;
    let sum = i32x4.splat(0);
    for (let p = 0; p < filled; p += 16) sum = i32x4.add(sum, sumsOfFours(v128.xor(v128.load(row + p), mask)));
    const pair = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
    const all = i32x4.extract_lane(pair, 0) + i32x4.extract_lane(pair, 1);
    store<f64>(totals, load<f64>(totals) + <f64>(all - filled * zero));
  }
}

/** 8 numbers of the windows in `list`, by fours of positions; in front of them -zero * (their sums), zero being that of dy. */
function interleave(x: usize, positions: i32, zero: i32): void {
  let low = i32x4.splat(0);
  let high = low;
  const none = i8x16.splat(0);
  let at = list;
  let to = chunk + 32;
  for (let p = 0; p < positions; p += 4, at += 32, to += 32) {
    const left = positions - p;
    const a = v128.load64_zero(x + load<u32>(at));
    const b = left > 1 ? v128.load64_zero(x + load<u32>(at, 8)) : none;
    const c = left > 2 ? v128.load64_zero(x + load<u32>(at, 16)) : none;
    const d = left > 3 ? v128.load64_zero(x + load<u32>(at, 24)) : none;
    const first = lowFours(a, b, c, d);
    const second = highFours(a, b, c, d);
    low = i32x4.add(low, sumsOfFours(first));
    high = i32x4.add(high, sumsOfFours(second));
    v128.store(to, first);
    v128.store(to, second, 16);
  }
  const by = i32x4.splat(-zero);
  v128.store(chunk, i32x4.mul(low, by));
  v128.store(chunk, i32x4.mul(high, by), 16);
}

/** Products of the chunk with the transposed dy of four outputs, added to int32 sums, or stored if `fresh`. */
function addFour(row: usize, fours: i32, to: usize, outputBytes: usize, fresh: bool): void {
  const row1 = row + turnedBytes;
  const row2 = row1 + turnedBytes;
  const row3 = row2 + turnedBytes;
  const at = fresh ? to : tile;
  const next = fresh ? outputBytes : 32;
  if (ASC_FEATURE_RELAXED_SIMD && meaning == Meaning.Pairs)
    fourByEight<u8>(1, fours, 0, chunk, row, row1, row2, row3, at, at + next, at + 2 * next, at + 3 * next, 8);
  else fourByEight<i8>(1, fours, 0, chunk, row, row1, row2, row3, at, at + next, at + 2 * next, at + 3 * next, 8);
  if (fresh) return;
  for (let from = tile; from < tile + 128; from += 32, to += outputBytes) {
    v128.store(to, i32x4.add(v128.load(to), v128.load(from)));
    v128.store(to, i32x4.add(v128.load(to, 16), v128.load(from, 16)), 16);
  }
}

/** Adds the products of a band with some outputs of a group, whose transposed dy begin at `row`. */
function addOutputs(frame: usize, row: usize, positions: i32, zero: i32, outputs: i32, to: usize, fresh: bool): void {
  const run = gradientRun();
  const outputBytes = gradientBytes();
  const runBytes = outputBytes / kernelHeight;
  for (let a = 0; a < kernelHeight; a++, frame += depth * frameWidth(), to += runBytes)
    for (let i = 0; i < run; i += 8) {
      interleave(frame + i, positions, zero);
      for (let o = 0; o < outputs; o += 4)
        addFour(row + turnedBytes * o, (positions + 3) >> 2, to + 4 * i + outputBytes * o, outputBytes, fresh);
    }
}

/**
 * Sums of dw [O, KH, KW, I / groups] for the current convolution as a forward one: as float64 at `to`, or through the pass if `to`
 * is 0.
 */
export function byteWeightGradient(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const start = mark();
  const outputs = groups * width;
  const outputsPadded = (width + 3) & ~3;
  const outputBytes = gradientBytes();
  const totals = take(8 * outputs);
  memory.fill(totals, 0, 8 * outputs);
  const frameBytes: usize = depth * framePixels();
  const perSample = toHeight * toWidth;
  const atOnce = max(1, min(samples, <i32>(packedLimit / (frameBytes * groups))));
  const once = atOnce == samples && samples * perSample <= band;
  const outputsAtOnce = once ? min(outputsPadded, max(16, <i32>(sumLimit / outputBytes) & ~3)) : outputsPadded;
  const sums = take(outputBytes * (once ? outputsAtOnce : groups * outputsPadded));
  const packed = take(frameBytes * groups * atOnce);
  tile = take(128);
  chunk = take(8 * band + 32);
  turned = take(turnedBytes * (outputs + 8));
  list = take(8 * (band + 4));
  const length = take(4);
  const zero = dyZero + offset;
  const fromBytes: usize = fromHeight * fromWidth * groups * depth;
  let held = 0;
  let fresh = true;
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    packBytes(x + fromBytes * n, packed, count, xZero, 0);
    for (let first = 0; first < count * perSample; first += band) {
      const positions = min(band, count * perSample - first);
      const last = n + count == samples && first + positions == count * perSample;
      windows(first, positions, band, list, length);
      inBytes(list, positions, depth);
      turn(dy + (n * perSample + first) * outputs, positions, outputs, zero);
      addSums(positions, outputs, dyZero, totals);
      if (held > flushLimit) {
        for (let g = 0; g < groups; g++)
          flushGradient(sums + outputBytes * g * outputsPadded, g * width, width, to, fresh);
        fresh = false;
        held = 0;
      }
      for (let g = 0; g < groups; g++)
        for (let o = 0; o < outputsPadded; o += outputsAtOnce) {
          const output = g * width + o;
          const place = once ? sums : sums + outputBytes * g * outputsPadded;
          const row = turned + turnedBytes * output;
          const block = min(outputsAtOnce, outputsPadded - o);
          addOutputs(packed + frameBytes * g, row, positions, zero, block, place, held == 0);
          if (!last) continue;
          const real = min(outputsAtOnce, width - o);
          if (!to) lessen(totals + 8 * output, real, xZero, place);
          finishGradient(place, output, real, to, fresh);
        }
      held += positions;
    }
  }
  if (to) subtract(totals, outputs, kernelHeight * gradientRun(), xZero, to);
  release(start);
}

/** Subtracts zero * total of its output from the int32 sums of `count` outputs. */
function lessen(totals: usize, count: i32, zero: i32, sums: usize): void {
  for (let o = 0; o < count; o++, totals += 8) {
    const missing = i32x4.splat(zero * <i32>load<f64>(totals));
    for (const end = sums + gradientBytes(); sums < end; sums += 16)
      v128.store(sums, i32x4.sub(v128.load(sums), missing));
  }
}

/** Subtracts zero * total of its output from each of `n` float64 sums of an output. */
function subtract(totals: usize, outputs: i32, n: i32, zero: i32, to: usize): void {
  for (let o = 0; o < outputs; o++, totals += 8) {
    const missing = <f64>zero * load<f64>(totals);
    for (const end = to + 8 * n; to < end; to += 8) store<f64>(to, load<f64>(to) - missing);
  }
}
