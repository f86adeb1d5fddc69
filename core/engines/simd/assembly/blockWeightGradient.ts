/**
 * @file Weight gradients of integers in blocks of samples: a float32 term for each block and position, float32 over runs of positions
 *   (`runs.ts`), float64 over the runs of one block after those of the block before.
 *
 * One block of samples is packed at a time: of dy, rows of samples [position][output]; of x, frames whose pixels are
 * [eight channels][pair of samples][channel][2].
 */
import { mark, release, take } from "./arena";
import { addBlock, clear, interleave, sumBytes, widenRow } from "./blockTile";
import {
  above,
  depth,
  framePixels,
  frameWidth,
  fromHeight,
  fromWidth,
  kernelHeight,
  kernelWidth,
  left,
  samples,
  toHeight,
  toWidth,
  weightSize,
  width,
  windows,
} from "./geometry";
import { addTo } from "./lanes";
import { longestRun } from "./runs";
import { isOwn, share } from "./share";

/** Pairs of samples of the current block. */
let pairs: i32 = 0;
/** Sides that are filled up with zeros: outputs to a multiple of four, channels to one of eight. */
let outputs: i32 = 0;
let channels: i32 = 0;
/** Sums of the current four outputs by eight channels. */
let sums: usize = 0;

/** Packs samples `first` to `first + count` - 1 of dy [position][output][sample], and their scales [position][output]. */
function packOutputs(
  dy: usize,
  scales: usize,
  first: i32,
  count: i32,
  block: i32,
  blocks: i32,
  to: usize,
  scalesTo: usize,
): void {
  const rowBytes: usize = 4 * pairs;
  for (let p = 0; p < toHeight * toWidth; p++)
    for (let o = 0; o < outputs; o++, to += rowBytes, scalesTo += 4) {
      const row = p * width + o;
      if (o < width) widenRow(dy + row * samples + first, to, count);
      else memory.fill(to, 0, rowBytes);
      store<f32>(scalesTo, o < width ? load<f32>(scales + 4 * (row * blocks + block)) : 0);
    }
}

/** Packs the same samples of x [pixel][channel][sample] into a frame, and their scales [pixel][channel]. */
function packInputs(
  x: usize,
  scales: usize,
  first: i32,
  count: i32,
  block: i32,
  blocks: i32,
  to: usize,
  scalesTo: usize,
): void {
  const pixelBytes: usize = 4 * channels * pairs;
  memory.fill(to, 0, pixelBytes * framePixels());
  memory.fill(scalesTo, 0, 4 * channels * framePixels());
  for (let y = 0; y < fromHeight; y++)
    for (let z = 0; z < fromWidth; z++) {
      const pixel = (above + y) * frameWidth() + left + z;
      const row = (y * fromWidth + z) * depth;
      for (let i = 0; i < depth; i += 8)
        interleave(
          x + (row + i) * samples + first,
          samples,
          min(8, depth - i),
          count,
          to + pixelBytes * pixel + 4 * i * pairs,
        );
      for (let i = 0; i < depth; i++)
        store<f32>(scalesTo + 4 * (pixel * channels + i), load<f32>(scales + 4 * ((row + i) * blocks + block)));
    }
}

/** Four outputs by eight channels over the positions of a run, added to float64 totals, `outputBytes` from output to output. */
function runByEight(
  list: usize,
  positions: i32,
  dy: usize,
  dyScales: usize,
  x: usize,
  xScales: usize,
  to: usize,
  outputBytes: usize,
): void {
  clear(sums);
  const rowBytes: usize = 4 * pairs;
  const pixelBytes: usize = 4 * channels * pairs;
  const scalePixel: usize = 4 * channels;
  for (; positions > 0; positions--, list += 8, dy += rowBytes * outputs, dyScales += 4 * outputs) {
    const pixel: usize = load<u32>(list);
    const w = x + pixelBytes * pixel;
    const ws = xScales + scalePixel * pixel;
    const dy1 = dy + rowBytes;
    const dy2 = dy1 + rowBytes;
    const dy3 = dy2 + rowBytes;
    addBlock(pairs, w, ws, dy, dy1, dy2, dy3, dyScales, dyScales + 4, dyScales + 8, dyScales + 12, sums);
  }
  for (let from = sums, end = sums + sumBytes; from < end; from += 32, to += outputBytes) {
    addTo(to, v128.load(from));
    addTo(to + 32, v128.load(from, 16));
  }
}

/**
 * Sums as float64 at `to`: dw [O, KH, KW, I] for the current convolution, which has one group, as a forward one. Samples of
 * dy and x are innermost, in blocks of `size`, an even number. Sums of several threads follow each other; each computes its own outputs,
 * and has 0 for the others.
 */
export function blockWeightGradient(
  dy: usize,
  dyScales: usize,
  x: usize,
  xScales: usize,
  size: i32,
  to: usize,
): void {
  const start = mark();
  to += 8 * share * weightSize();
  memory.fill(to, 0, 8 * weightSize());
  outputs = (width + 3) & ~3;
  channels = (depth + 7) & ~7;
  const taps = kernelHeight * kernelWidth;
  const outputBytes: usize = 8 * taps * channels;
  const totals = take(outputBytes * outputs);
  memory.fill(totals, 0, outputBytes * outputs);
  const positions = toHeight * toWidth;
  const most = (min(size, samples) + 1) >> 1;
  const packedDy = take(4 * most * positions * outputs);
  const packedDyScales = take(4 * positions * outputs);
  const packedX = take(4 * most * framePixels() * channels);
  const packedXScales = take(4 * framePixels() * channels);
  sums = take(sumBytes);
  const list = take(8 * (longestRun + 4));
  const length = take(4);
  const blocks = (samples + size - 1) / size;
  for (let block = 0; block < blocks; block++) {
    const first = block * size;
    const count = min(size, samples - first);
    pairs = (count + 1) >> 1;
    packOutputs(dy, dyScales, first, count, block, blocks, packedDy, packedDyScales);
    packInputs(x, xScales, first, count, block, blocks, packedX, packedXScales);
    for (let from = 0; from < positions; from += longestRun) {
      const some = min(longestRun, positions - from);
      windows(from, some, longestRun, list, length);
      for (let o = 0; o < outputs; o += 4) {
        if (!isOwn(o >> 2, outputs >> 2)) continue;
        const ownDy = packedDy + 4 * pairs * (from * outputs + o);
        const ownScales = packedDyScales + 4 * (from * outputs + o);
        let place = totals + outputBytes * o;
        for (let a = 0; a < kernelHeight; a++)
          for (let b = 0; b < kernelWidth; b++) {
            const pixel = a * frameWidth() + b;
            const tapX = packedX + 4 * pixel * channels * pairs;
            const tapScales = packedXScales + 4 * pixel * channels;
            for (let i = 0; i < channels; i += 8, place += 64)
              runByEight(list, some, ownDy, ownScales, tapX + 4 * i * pairs, tapScales + 4 * i, place, outputBytes);
          }
      }
    }
  }
  for (let o = 0; o < width; o++)
    for (let tap = 0; tap < taps; tap++, to += 8 * depth)
      memory.copy(to, totals + outputBytes * o + 8 * tap * channels, 8 * depth);
  release(start);
}
