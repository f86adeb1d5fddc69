/**
 * @file Integer weight gradients: dw[o, kh, kw, i] = sum over positions of   dy[position, o] * x[window of position, kh, kw, i]
 *
 * Two positions are taken at a time: the numbers of their windows are interleaved, once for all outputs, and multiplied
 * (`i32x4.dot_i16x8_s`) with the pair of their dy. Lanes run along a kernel row (kw, i), which is contiguous in the frame.
 * Positions are processed in bands that stay in cache, and sums move from int32 to float64 before int32 could overflow. Outputs are
 * processed in blocks whose sums stay in cache, and finished sums go to the pass at once.
 */
import { mark, release, take } from "./arena";
import { Meaning, meaning } from "./bytes";
import { byteWeightGradient, suitsByteGradient } from "./byteWeightGradient";
import { packSamples } from "./frame";
import {
  depth,
  framePixels,
  frameWidth,
  fromHeight,
  fromWidth,
  groups,
  inBytes,
  kernelHeight,
  kernelWidth,
  ownSamples,
  samples,
  toHeight,
  toWidth,
  weightSize,
  width,
  windows,
} from "./geometry";
import { addFourByEight } from "./gradientBlock";
import { finishGradient, flushGradient, gradientBytes, gradientRun } from "./gradientSums";
import { share } from "./share";
import { suitsTapGradient, tapGradient } from "./tapGradient";
import { suitsWinogradGradient, winogradGradient } from "./winogradGradient";

const packedLimit: usize = 262144;
/** Bytes of the sums of the outputs that share interleaved windows. */
const sumLimit: usize = 262144;
/** Positions of a band; even. */
const band: i32 = 128;
/** Number of positions whose products, at most 255 * 255 each, always fit into 31 bits. */
const longestSum: i32 = 33025;

/**
 * dy [positions, groups * width] as int16 (code - zeroPoint): [group][block of 4 outputs][pair of positions][output][2]. A missing
 * last position counts as zeros; outputs past the last of a group are undefined.
 */
function packBlocks(dy: usize, to: usize, positions: i32, zero: i32): void {
  const zeros = i16x8.splat(<i16>zero);
  const outputs = groups * width;
  for (let g = 0; g < groups; g++)
    for (let o = 0; o < width; o += 4) {
      let at = dy + g * width + o;
      let p = positions;
      for (; p >= 2; p -= 2, at += 2 * outputs, to += 16) {
        const a = i16x8.extend_low_i8x16_s(v128.load32_zero(at));
        const b = i16x8.extend_low_i8x16_s(v128.load32_zero(at + outputs));
        v128.store(to, i16x8.sub(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), zeros));
      }
      if (p) {
        const a = i16x8.sub(i16x8.extend_low_i8x16_s(v128.load32_zero(at)), zeros);
        v128.store(to, v128.shuffle<i16>(a, i16x8.splat(0), 0, 8, 1, 9, 2, 10, 3, 11));
        to += 16;
      }
    }
}

/**
 * 8 numbers of the windows in `list`, two windows at a time, as [pair][8][2] int16. `list` has entries of 8 bytes, with distances
 * in bytes from x.
 */
function interleave(list: usize, pairs: i32, x: usize, to: usize): void {
  for (const end = to + 32 * pairs; to < end; to += 32, list += 16) {
    const first = v128.load(x + load<u32>(list));
    const second = v128.load(x + load<u32>(list, 8));
    v128.store(to, v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
}

/**
 * Sums of dw [O, KH, KW, I / groups] for the current convolution as a forward one: as float64 at `to`, with those of several
 * threads one after another, or through the pass if `to` is 0, which is for one thread and for 1 to `longestSum` positions.
 */
export function integerWeightGradient(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const start = mark();
  const first = ownSamples();
  dy += first * toHeight * toWidth * groups * width;
  x += first * fromHeight * fromWidth * groups * depth;
  to += 8 * share * weightSize();
  const bytes = suitsByteGradient(x, xZero);
  if (!samples) memory.fill(to, 0, 8 * weightSize());
  else if (suitsWinogradGradient() && (!bytes || meaning == Meaning.Pairs)) winogradGradient(dy, dyZero, x, xZero, to);
  else if (!bytes && suitsTapGradient()) tapGradient(dy, dyZero, x, xZero, to);
  else if (bytes) byteWeightGradient(dy, dyZero, x, xZero, to);
  else direct(dy, dyZero, x, xZero, to);
  release(start);
}

/** Adds the products of a band with some outputs of a group, whose dy are at `blocks`; `chunk`: scratch. */
function addOutputs(
  list: usize,
  pairs: i32,
  frame: usize,
  chunk: usize,
  blocks: usize,
  blockBytes: usize,
  outputs: i32,
  to: usize,
  fresh: bool,
): void {
  const run = gradientRun();
  const rowBytes: usize = 2 * depth * frameWidth();
  const runBytes = gradientBytes() / kernelHeight;
  for (let a = 0; a < kernelHeight; a++, frame += rowBytes, to += runBytes)
    for (let i = 0; i < run; i += 8) {
      interleave(list, pairs, frame + 2 * i, chunk);
      let place = to + 4 * i;
      let block = blocks;
      for (let o = 0; o < outputs; o += 4, block += blockBytes, place += 4 * gradientBytes())
        addFourByEight(pairs, chunk, block, place, gradientBytes(), fresh);
    }
}

function direct(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const outputs = groups * width;
  const outputsPadded = (width + 3) & ~3;
  const outputBytes = gradientBytes();
  const pixelBytes: usize = 2 * depth;
  const frameBytes: usize = pixelBytes * framePixels();
  const perSample = toHeight * toWidth;
  const sampleBytes: usize = frameBytes * groups + 2 * perSample * outputs;
  const atOnce = max(1, min(samples, <i32>(packedLimit / sampleBytes)));
  const outputsAtOnce = min(outputsPadded, max(16, <i32>(sumLimit / outputBytes) & ~3));
  const sums = take(outputBytes * (atOnce == samples ? outputsAtOnce : groups * outputsPadded));
  const packed = take(frameBytes * groups * atOnce);
  const pairs = take(4 * groups * outputsPadded * ((perSample * atOnce + 1) >> 1));
  const list = take(8 * (band + 4));
  const chunk = take(16 * band);
  const length = take(4);
  const fromBytes: usize = fromHeight * fromWidth * groups * depth;
  let before = 0;
  let freshBefore = true;
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    packSamples(x + fromBytes * n, packed, count, depth, 2, xZero);
    packBlocks(dy + n * perSample * outputs, pairs, count * perSample, dyZero);
    const blockBytes: usize = 16 * ((count * perSample + 1) >> 1);
    let held = 0;
    let fresh = true;
    for (let g = 0; g < groups; g++)
      for (let o = 0; o < outputsPadded; o += outputsAtOnce) {
        const output = g * width + o;
        const real = min(outputsAtOnce, width - o);
        const place = atOnce == samples ? sums : sums + outputBytes * (g * outputsPadded + o);
        const blocks = pairs + blockBytes * ((g * outputsPadded + o) >> 2);
        held = before;
        fresh = freshBefore;
        for (let first = 0; first < count * perSample; first += band) {
          const positions = min(band, count * perSample - first);
          windows(first, positions, band, list, length);
          inBytes(list, positions, pixelBytes);
          if (held + positions > longestSum) {
            flushGradient(place, output, real, to, fresh);
            fresh = false;
            held = 0;
          }
          addOutputs(
            list,
            (positions + 1) >> 1,
            packed + frameBytes * g,
            chunk,
            blocks + 8 * first,
            blockBytes,
            min(outputsAtOnce, outputsPadded - o),
            place,
            held == 0,
          );
          held += positions;
        }
        if (n + count == samples) finishGradient(place, output, real, to, fresh);
      }
    before = held;
    freshBefore = fresh;
  }
}
