/**
 * @file Forward and backward-input, from packing to sinks. A few samples are packed at a time, and from these one tile of sums at a
 *   time is computed and passed on, so that neither packed samples nor sums reach main memory.
 */
import { mark, release, take } from "./arena";
import { canBeSigned, Meaning, meaning, offset } from "./bytes";
import { byteWeightBytes, packByteWeights } from "./byteWeights";
import { allFinite, carefulSums } from "./carefulProduct";
import { depthwiseFloatSums, depthwiseFloatWeightBytes, packDepthwiseFloats } from "./depthwiseFloatProduct";
import { depthwisePixel, emptyRow, interleavedBytes, packInterleaved } from "./depthwiseFrame";
import { depthwiseInputGradient, suitsDepthwiseInputGradient } from "./depthwiseInputGradient";
import { depthwiseIntegerSums, depthwiseIntegerWeightBytes, packDepthwiseIntegers } from "./depthwiseIntegerProduct";
import { floatSums, floatWeightBytes, packFloatWeights } from "./floatProduct";
import { packBytes, packSamples } from "./frame";
import {
  above,
  backward,
  below,
  depth,
  firstSample,
  framePixels,
  fromHeight,
  fromWidth,
  groups,
  kernelHeight,
  kernelWidth,
  left,
  ownSamples,
  phaseRows,
  phases,
  right,
  samples,
  separateChannels,
  stride,
  toHeight,
  toWidth,
  width,
  windows,
} from "./geometry";
import { integerSums } from "./integerProduct";
import { integerWeightBytes, packIntegerWeights } from "./integerWeights";
import { boundSums, runElements } from "./pass";
import { ownShare } from "./sampleTiles";
import {
  beginWinograd,
  suitsWinograd,
  winogradBatch,
  winogradFirst,
  winogradRows,
  winogradSums,
  winogradWindows,
} from "./winograd";
import { tilesSlack } from "./winogradInput";

/** The largest product of two differences of codes. */
const largestProduct: f32 = 255 * 255;
/** Bytes of packed samples, and of sums, that stay in cache. */
export const packedLimit: usize = 131072;
const tileLimit: i32 = 32768;

/** Windows of a tile: 16 to 256, fewer if they have many outputs, more if they are in several lists. */
export function tileWindows(): i32 {
  const limit = phases() > 1 ? 4 * tileLimit : tileLimit;
  const wanted = (limit / (4 * groups * width)) & ~3;
  return min(max(wanted, 16), 256);
}

/** Passes sums of the share's outputs from `first` on to the pass, unless they are already at their destination. */
@inline
export function handOver(first: i32, count: i32, tile: usize, raw: bool): void {
  const row = groups * width;
  if (!raw) runElements(<u32>(firstSample * toHeight * toWidth + first) * row, <u32>count * row, tile);
}

/** Restricts the product to this instance's share of samples. */
export function narrow(raw: bool): void {
  if (raw) ownSamples();
  else ownShare(toHeight * toWidth * groups * width);
}

/** Numbers of a sample of the input. */
export function inputSize(): usize {
  return fromHeight * fromWidth * groups * depth;
}

/** `raw` is the address for the unchanged sums [.., groups * width]; with 0 they go through the pass. */
function carefully(x: usize, w: usize): void {
  const size = tileWindows();
  const tile = take(4 * size * groups * width);
  const all = samples * toHeight * toWidth;
  for (let first = 0; first < all; first += size) {
    const count = min(size, all - first);
    carefulSums(first, count, x, w, tile);
    handOver(first, count, tile, false);
  }
}

/** Packed weights of a phase. `zero` is that of the other operand. */
function packWeights(
  phase: i32,
  depthwise: bool,
  bytes: i32,
  zero: i32,
  w: usize,
  zeros: usize,
  zeroStep: i32,
): usize {
  let to: usize;
  if (depthwise && bytes == 2) {
    to = take(depthwiseIntegerWeightBytes(phase));
    packDepthwiseIntegers(phase, w, zeros, zeroStep, to);
  } else if (depthwise) {
    to = take(depthwiseFloatWeightBytes(phase));
    packDepthwiseFloats(phase, w, to);
  } else if (bytes == 1) {
    to = take(byteWeightBytes(phase));
    packByteWeights(phase, w, zero + offset, to);
  } else if (bytes == 2) {
    to = take(integerWeightBytes(phase));
    packIntegerWeights(phase, w, zeros, zeroStep, to);
  } else {
    to = take(floatWeightBytes(phase));
    packFloatWeights(phase, w, to);
  }
  return to;
}

/** Sums of the windows in the list of a phase by a kernel that is not depthwise. */
function sumsOf(
  phase: i32,
  bytes: i32,
  list: usize,
  length: i32,
  x: usize,
  frameBytes: usize,
  w: usize,
  y: usize,
): void {
  if (bytes == 4) floatSums(phase, list, length, x, frameBytes, w, y);
  else if (bytes == 2) integerSums<i16>(phase, list, length, x, frameBytes, w, y);
  else if (ASC_FEATURE_RELAXED_SIMD && meaning == Meaning.Pairs)
    integerSums<u8>(phase, list, length, x, frameBytes, w, y);
  else integerSums<i8>(phase, list, length, x, frameBytes, w, y);
}

/** `bytes` of a number of a frame: 1 or 2 for codes, 4 for float32. */
function run(depthwise: bool, bytes: i32, x: usize, zero: i32, w: usize, zeros: usize, zeroStep: i32, raw: usize): void {
  const pixel = depthwise ? depthwisePixel() : depth;
  const interleaved = depthwise && bytes == 2;
  const frameBytes: usize = interleaved ? interleavedBytes() : bytes * pixel * framePixels();
  const sampleBytes: usize = frameBytes * groups;
  const allPhases = phases();
  const weights = take(4 * allPhases);
  for (let phase = 0; phase < allPhases; phase++)
    store<usize>(weights + 4 * phase, packWeights(phase, depthwise, bytes, zero, w, zeros, zeroStep));
  const atOnce = max(1, min(samples, <i32>(packedLimit / sampleBytes)));
  const packed = take(sampleBytes * atOnce);
  const empty: usize = interleaved ? emptyRow(fromWidth, zero) : 0;
  const step = backward || stride & 1 ? 1 : 2;
  const wholeRows = interleaved && suitsDepthwiseInputGradient();
  const size = wholeRows ? toWidth * max(1, tileLimit / (4 * width * toWidth)) : tileWindows();
  const row = groups * width;
  const tile: usize = raw ? 0 : take(4 * size * row);
  const listBytes: usize = 8 * (size + 4);
  const lists = take(listBytes * allPhases);
  const lengths = take(4 * allPhases);
  const gaps = !phaseRows(allPhases - 1);
  const perSample = toHeight * toWidth;
  const fromBytes: usize = (bytes == 4 ? 4 : 1) * fromHeight * fromWidth * groups * depth;
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    if (interleaved)
      for (let i = 0; i < count; i++)
        packInterleaved(x + fromBytes * (n + i), zero, 1, step, 1, empty, packed + frameBytes * i);
    else if (bytes == 1) packBytes(x + fromBytes * n, packed, count, zero, offset);
    else packSamples(x + fromBytes * n, packed, count, pixel, bytes, zero);
    for (let first = 0; first < count * perSample; first += size) {
      const tiled = min(size, count * perSample - first);
      const to = raw ? raw + 4 * row * (n * perSample + first) : tile;
      if (wholeRows) {
        depthwiseInputGradient(first / toWidth, tiled / toWidth, packed, weights, to);
        handOver(n * perSample + first, tiled, to, raw != 0);
        continue;
      }
      windows(first, tiled, size, lists, lengths);
      if (gaps) memory.fill(to, 0, 4 * row * tiled);
      for (let phase = 0; phase < allPhases; phase++) {
        if (!phaseRows(phase)) continue;
        const list = lists + listBytes * phase;
        const length = load<i32>(lengths + 4 * phase);
        const packedWeights = load<usize>(weights + 4 * phase);
        if (depthwise) {
          if (bytes == 2) depthwiseIntegerSums(phase, list, length, packed, packedWeights, to);
          else depthwiseFloatSums(phase, list, length, packed, packedWeights, to);
        } else sumsOf(phase, bytes, list, length, packed, frameBytes, packedWeights, to);
      }
      handOver(n * perSample + first, tiled, to, raw != 0);
    }
  }
}

/** Whether codes can be multiplied as bytes: all weights have the zero point 0. */
function suitsBytes(w: usize, zeros: usize, zeroStep: i32): bool {
  const outputs = groups * (backward ? depth : width);
  for (let o = 0; o <= (outputs - 1) * zeroStep; o++) if (load<i32>(zeros + 4 * o)) return false;
  return canBeSigned(w, kernelHeight * kernelWidth * groups * depth * width);
}

/**
 * Whether Winograd's algorithm is faster than the alternatives: with few channels, its transformations cost more than they save.
 * Measured for int16 and `Pairs`, and estimated for the others, which take a third of the instructions of `Pairs`.
 */
function gainsByWinograd(bytes: bool): bool {
  if (!bytes) return width >= 16;
  const channels = min(depth, width);
  return meaning == Meaning.Pairs ? channels >= 16 : meaning == Meaning.Unsigned && channels >= 64;
}

/**
 * Integer sums of the current convolution (`geometry.ts`), through the pass, or as int32 to `raw` if that is not 0.
 *
 * @param zeros zero points of the weights: one, or (with `zeroStep` 1) one per output
 */
export function integerProduct(
  depthwise: bool,
  x: usize,
  zero: i32,
  w: usize,
  zeros: usize,
  zeroStep: i32,
  raw: usize,
): void {
  const start = mark();
  narrow(raw != 0);
  x += inputSize() * firstSample;
  boundSums(largestProduct * <f32>(kernelHeight * kernelWidth * (depthwise ? 1 : depth)));
  if (raw) raw += 4 * firstSample * toHeight * toWidth * groups * width;
  const bytes = !depthwise && suitsBytes(w, zeros, zeroStep);
  if (!depthwise && suitsWinograd() && gainsByWinograd(bytes)) runWinograd(x, zero, w, zeros, zeroStep, raw);
  else run(depthwise, bytes ? 1 : 2, x, zero, w, zeros, zeroStep, raw);
  release(start);
}

/** The same integer sums by Winograd's algorithm, if it can be used. */
function runWinograd(x: usize, zero: i32, w: usize, zeros: usize, zeroStep: i32, raw: usize): void {
  const sampleBytes: usize = 2 * depth * framePixels();
  const atOnce = max(1, min(samples, <i32>(packedLimit / sampleBytes)));
  const packed = take(sampleBytes * atOnce + tilesSlack());
  memory.fill(packed + sampleBytes * atOnce, 0, tilesSlack());
  beginWinograd(atOnce, samples, zero, w, zeros, zeroStep);
  const tile: usize = raw ? 0 : take(4 * width * winogradWindows());
  const perSample = toHeight * toWidth;
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    packSamples(x + n * fromHeight * fromWidth * depth, packed, count, depth, 2, zero);
    const all = winogradRows(count);
    for (let row = 0; row < all; ) {
      const rows = winogradBatch(row, all);
      const first = winogradFirst(row);
      const to = raw ? raw + 4 * width * (n * perSample + first) : tile;
      winogradSums(row, rows, packed, to);
      row += rows;
      handOver(n * perSample + first, winogradFirst(row) - first, to, raw != 0);
    }
  }
}

/** Float32 sums of the current convolution through the pass. */
export function floatProduct(depthwise: bool, x: usize, w: usize): void {
  const start = mark();
  narrow(false);
  x += 4 * inputSize() * firstSample;
  const framed = above + below + left + right > 0;
  const weights = kernelHeight * kernelWidth * depth * (depthwise ? 1 : groups * width);
  if (framed && !allFinite(w, weights)) {
    if (depthwise) separateChannels();
    carefully(x, w);
  } else run(depthwise, 4, x, 0, w, 0, 0, 0);
  release(start);
}

/** Integer sums of the only sample of the current convolution; `raw` is the address for the sums of all samples, or 0. */
export function sampleIntegers(x: usize, zero: i32, w: usize, zeros: usize, raw: usize): void {
  boundSums(largestProduct * <f32>depth);
  if (raw) raw += 4 * firstSample * toHeight * toWidth * groups * width;
  run(false, suitsBytes(w, zeros, 0) ? 1 : 2, x, zero, w, zeros, 0, raw);
}

/** Float32 sums of the only sample of the current convolution, through the pass. */
export function sampleFloats(x: usize, w: usize): void {
  run(false, 4, x, 0, w, 0, 0, 0);
}
