/**
 * @file Integer weight gradients of 3x3 with stride 1 in 36 products for every 144, exactly: Winograd's F(3x3, 4x4).
 *
 *     dw = sum over tiles of   At [(G dy Gt) * (Bt x B)] A      dy: tile of 4x4, x: tile of 6x6, dw: 3x3
 *
 * As in `winograd.ts` an integer G' takes the place of G, and dw comes out 24 * 24 times too large. G' makes dy 225 times larger at most,
 * which fits into int16 for codes, but not for (code - zeroPoint). So codes are multiplied, zeros where a tile reaches past the
 * image, and what is missing, -zeroPoint * (sum of x over the window), is subtracted at the end.
 *
 * Products are summed over tiles before they are turned back, in int32 that may wrap around: what is turned back, before the sum
 * could leave 26 bits, goes to float64, or to int32 where all fit.
 */
import { table, take } from "./arena";
import { packSamples } from "./frame";
import {
  depth,
  framePixels,
  frameWidth,
  fromHeight,
  fromWidth,
  groups,
  kernelHeight,
  kernelWidth,
  samples,
  stride,
  toHeight,
  toWidth,
  width,
} from "./geometry";
import { addFourByEight } from "./gradientBlock";
import { runElements } from "./pass";
import { packDy } from "./winogradDy";
import { farthest, lineBytes, places, placeStride, tileSide, tilesSlack, transformTiles } from "./winogradInput";
import { addWindowSums } from "./windowSums";

const packedLimit: usize = 524288;
/** Tiles of a batch at least, where as many come before sums have to be turned back. */
const fewestOfBatch: i32 = 48;
/** Largest sum, and positions whose products of 128 * 255 are sure to stay below. */
const largest: i32 = (1 << 25) - 1;
const leastPositions: i32 = 1028;
/** Positions of a sample whose window sums, of 255 each, times 128 stay below 2^31 by more than 26 bits. */
const mostPositions: i32 = 63000;
/** Tiles that pay for turning their sums back. */
const fewestTiles: i32 = 16;

const rows: usize = table(288);
const ninth: usize = memory.data<u32>([0x38e38e39, 0x38e38e39, 0x38e38e39, 0x38e38e39], 16);

function tileRows(): i32 {
  return (toHeight + tileSide - 1) / tileSide;
}

function tilesWide(): i32 {
  return (toWidth + tileSide - 1) / tileSide;
}

/** First row of dy, counted over packed samples, of a row of tiles. */
function imageRow(line: i32): i32 {
  const sample = line / tileRows();
  return sample * toHeight + tileSide * (line - sample * tileRows());
}

/** Whether the gradient can be computed like this. */
export function suitsWinogradGradient(): bool {
  return (
    kernelHeight == 3 &&
    kernelWidth == 3 &&
    stride == 1 &&
    groups == 1 &&
    (depth & 7) == 0 &&
    width >= 8 &&
    toHeight > 2 &&
    toWidth > 2 &&
    tileSide * toWidth <= leastPositions &&
    toHeight * toWidth <= mostPositions &&
    samples * tileRows() * tilesWide() >= fewestTiles
  );
}

/** 8 channels of neighbouring tiles at `x`, two at a time, as [pair][8][2]; a missing last tile counts as the one before. */
function interleave(x: usize, tiles: i32, to: usize): void {
  const row: usize = 2 * depth;
  for (let t = 0; t < tiles; t += 2, x += 2 * row, to += 32) {
    const a = v128.load(x);
    const b = v128.load(t + 1 < tiles ? x + row : x);
    v128.store(to, v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
}

/** Product of At = (2 -4 -4 1 1 0), (0 -4 4 2 -2 0), (0 -4 -4 4 4 8) and a column of six, to three vectors `step` bytes apart. */
@inline
function turned(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, to: usize, step: usize): void {
  const p = i32x4.add(m1, m2);
  const q = i32x4.sub(m1, m2);
  const r = i32x4.add(m3, m4);
  const s = i32x4.sub(m3, m4);
  v128.store(to, i32x4.sub(i32x4.add(i32x4.add(m0, m0), r), i32x4.shl(p, 2)));
  v128.store(to + step, i32x4.sub(i32x4.add(s, s), i32x4.shl(q, 2)));
  v128.store(to + 2 * step, i32x4.shl(i32x4.add(i32x4.sub(r, p), i32x4.add(m5, m5)), 2));
}

/** Four sums that are 24 * 24 times too large, less what is missing, as T: added, or stored if `fresh`. */
@inline
function put<T>(from: usize, missing: usize, to: usize, fresh: bool): void {
  const sum = i32x4.sub(i32x4.shr_s(i32x4.mul(v128.load(from), v128.load(ninth)), 6), v128.load(missing));
  if (sizeof<T>() == 4) {
    v128.store(to, fresh ? sum : i32x4.add(v128.load(to), sum));
    return;
  }
  const y0 = f64x2.convert_low_i32x4_s(sum);
  const y1 = f64x2.convert_low_i32x4_s(v128.shuffle<i64>(sum, sum, 1, 1));
  v128.store(to, fresh ? y0 : f64x2.add(v128.load(to), y0));
  v128.store(to, fresh ? y1 : f64x2.add(v128.load(to, 16), y1), 16);
}

/** Turns sums [place][channel] of an output back to dw [3, 3, I], T: float64 or int32. */
function turnBack<T>(from: usize, stride: usize, missing: usize, to: usize, fresh: bool): void {
  const channelBytes = sizeof<T>();
  const tapBytes = channelBytes * depth;
  for (let i = 0; i < depth; i += 4, from += 16, to += 4 * channelBytes) {
    const lack = missing + 4 * i;
    let at = from;
    const line = 6 * stride;
    for (let column = rows; column < rows + 96; column += 16, at += stride) {
      const low = at + 3 * line;
      turned(
        v128.load(at),
        v128.load(at + line),
        v128.load(at + 2 * line),
        v128.load(low),
        v128.load(low + line),
        v128.load(low + 2 * line),
        column,
        96,
      );
    }
    for (let a = 0; a < 3; a++) {
      const row = rows + 96 * a;
      turned(
        v128.load(row),
        v128.load(row, 16),
        v128.load(row, 32),
        v128.load(row, 48),
        v128.load(row, 64),
        v128.load(row, 80),
        row,
        16,
      );
      const tap = lack + 12 * a * depth;
      const place = to + 3 * a * tapBytes;
      put<T>(row, tap, place, fresh);
      put<T>(row + 16, tap + 4 * depth, place + tapBytes, fresh);
      put<T>(row + 32, tap + 8 * depth, place + 2 * tapBytes, fresh);
    }
  }
}

/** Adds sums [place][output][channel] to totals [output, 3, 3, I], T: float64 or int32; `fresh`: they are stored. */
function flush<T>(sums: usize, stride: usize, missing: usize, to: usize, fresh: bool): void {
  const outputBytes: usize = 9 * sizeof<T>() * depth;
  for (let o = 0; o < width; o++) turnBack<T>(sums + 4 * o * depth, stride, missing, to + outputBytes * o, fresh);
}

/** The same for sums that nothing will be added to, through the pass; `totals`: int32, or, if there are none yet, 0. */
function finish(sums: usize, stride: usize, missing: usize, totals: usize): void {
  const numbers = 9 * depth;
  const tile = totals ? 0 : take(4 * numbers);
  for (let o = 0; o < width; o++) {
    const to = totals ? totals + 4 * numbers * o : tile;
    turnBack<i32>(sums + 4 * o * depth, stride, missing, to, !totals);
    runElements(numbers * o, numbers, to);
  }
}

/** Sums of dw [O, 3, 3, I], as float64 at `to`, or, if 0, through the pass; takes scratch, which the caller gives back. */
export function winogradGradient(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const high = tileRows();
  const wide = tilesWide();
  const limit = largest / (128 * farthest(xZero));
  const rowsBetween = limit / (tileSide * toWidth);
  const wanted = max(fewestOfBatch, (width * depth) / (width + depth));
  const batches = max(1, (rowsBetween * wide) / wanted);
  const most = max(1, min(samples * high, rowsBetween / batches));
  const mostPairs = (most * wide + 1) >> 1;
  const blocks = (width + 3) >> 2;
  const sampleBytes: usize = 2 * depth * framePixels();
  const atOnce = max(1, min(samples, <i32>(packedLimit / sampleBytes)));
  const packed = take(sampleBytes * atOnce + tilesSlack());
  memory.fill(packed + sampleBytes * atOnce, 0, tilesSlack());
  const lines = take(6 * lineBytes(wide));
  const inputs = take(places * placeStride(4 * depth * mostPairs));
  const gradients = take(places * placeStride(16 * blocks * mostPairs));
  const chunk = take(32 * mostPairs);
  const sumStride = placeStride(16 * blocks * depth);
  const sums = take(places * sumStride);
  const missing = take(36 * depth);
  memory.fill(missing, 0, 36 * depth);
  let totals: usize = 0;
  let flushed = false;
  let held = 0;
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    packSamples(x + n * fromHeight * fromWidth * depth, packed, count, depth, 2, xZero);
    if (dyZero) for (let i = 0; i < count; i++) addWindowSums(packed + sampleBytes * i, dyZero, missing);
    const all = count * high;
    const atMost = (all + (all - 1) / most) / (1 + (all - 1) / most);
    for (let first = 0; first < all; first += atMost) {
      const lineRows = min(atMost, all - first);
      const tiles = lineRows * wide;
      const pairs = (tiles + 1) >> 1;
      const positions = (imageRow(first + lineRows) - imageRow(first)) * toWidth;
      if (held + positions > limit) {
        if (to) flush<f64>(sums, sumStride, missing, to, !flushed);
        else {
          if (!flushed) totals = take(36 * depth * width);
          flush<i32>(sums, sumStride, missing, totals, !flushed);
        }
        memory.fill(missing, 0, 36 * depth);
        flushed = true;
        held = 0;
      }
      const inputStride = placeStride(2 * depth * tiles);
      transformTiles(first, lineRows, high, wide, packed, lines, inputs, inputStride);
      const blockBytes: usize = 16 * pairs;
      const gradientStride = placeStride(blockBytes * blocks);
      packDy(dy + n * toHeight * toWidth * width, first, tiles, high, wide, blockBytes, gradients, gradientStride);
      for (let place = 0; place < places; place++)
        for (let i = 0; i < depth; i += 8) {
          interleave(inputs + inputStride * place + 2 * i, tiles, chunk);
          for (let o = 0; o < blocks; o++)
            addFourByEight(
              pairs,
              chunk,
              gradients + gradientStride * place + blockBytes * o,
              sums + sumStride * place + 4 * (4 * o * depth + i),
              4 * depth,
              held == 0,
            );
        }
      held += positions;
    }
  }
  if (to) flush<f64>(sums, sumStride, missing, to, !flushed);
  else finish(sums, sumStride, missing, totals);
}
