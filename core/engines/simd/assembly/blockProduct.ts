/**
 * @file Forward and backward-input of integers in blocks of channels: as `product.ts`, four windows by eight outputs at a time, with a
 *   float32 term for each block of each tap.
 */
import { mark, release, take } from "./arena";
import { addBlock, clear, interleave, sumBytes } from "./blockTile";
import { packSamples, packScales } from "./frame";
import {
  backward,
  depth,
  firstSample,
  framePixels,
  frameWidth,
  kernelColumn,
  kernelHeight,
  kernelRow,
  kernelWidth,
  phaseColumns,
  phaseRows,
  phases,
  samples,
  toHeight,
  toWidth,
  width,
  windows,
} from "./geometry";
import { storeLanes } from "./lanes";
import { handOver, inputSize, narrow, packedLimit, tileWindows } from "./product";

/** Packed weights of a phase: [block of eight outputs][tap][pair of channels][output][2] int16. */
function weightBytes(phase: i32): usize {
  return 32 * ((width + 7) >> 3) * phaseRows(phase) * phaseColumns(phase) * ((depth + 1) >> 1);
}

/** Their scales: [block of eight outputs][tap][block of channels][output] float32. */
function scaleBytes(phase: i32, blocks: i32): usize {
  return 32 * ((width + 7) >> 3) * phaseRows(phase) * phaseColumns(phase) * blocks;
}

/** Packs weights, whose rows of channels are [output][tap] forward and [tap][output] backward. */
function packWeights(phase: i32, w: usize, scales: usize, blocks: i32, to: usize, scalesTo: usize): void {
  const taps = kernelHeight * kernelWidth;
  const apart = backward ? 1 : taps;
  const tapBytes: usize = 32 * ((depth + 1) >> 1);
  for (let m = 0; m < width; m += 8) {
    const real = min(8, width - m);
    for (let a = 0; a < phaseRows(phase); a++)
      for (let b = 0; b < phaseColumns(phase); b++) {
        const tap = kernelRow(phase, a) * kernelWidth + kernelColumn(phase, b);
        const row = backward ? tap * width + m : m * taps + tap;
        interleave(w + row * depth, apart * depth, real, depth, to);
        to += tapBytes;
        for (let block = 0; block < blocks; block++)
          for (let j = 0; j < 8; j++, scalesTo += 4)
            store<f32>(scalesTo, j < real ? load<f32>(scales + 4 * ((row + j * apart) * blocks + block)) : 0);
      }
  }
}

/** Steps from a tap to the next, in bytes of a frame of codes and of one of scales; they may be negative. */
let columnStep: usize = 0;
let rowStep: usize = 0;
let scaleColumnStep: usize = 0;
let scaleRowStep: usize = 0;

/** Sums of the current four windows by eight outputs. */
let sums: usize = 0;

/** Stores the sums of a window, which are `at` bytes behind those of the first. */
@inline
function storeRow(to: usize, at: usize, real: i32): void {
  storeLanes(to, v128.load(sums + at), real);
  storeLanes(to + 16, v128.load(sums + at, 16), real - 4);
}

/** Four windows, whose codes begin at x0 .. x3 and scales at s0 .. s3, by eight outputs. */
function fourByEight(
  rows: i32,
  columns: i32,
  size: i32,
  w: usize,
  ws: usize,
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  s0: usize,
  s1: usize,
  s2: usize,
  s3: usize,
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  real: i32,
): void {
  clear(sums);
  const most = size >> 1;
  const allPairs = (depth + 1) >> 1;
  const nextRow = rowStep - columns * columnStep;
  const nextScaleRow = scaleRowStep - columns * scaleColumnStep;
  for (; rows > 0; rows--) {
    for (let column = columns; column > 0; column--) {
      let at: usize = 0;
      for (let first = 0; first < allPairs; first += most, at += 4, ws += 32) {
        const pairs = min(most, allPairs - first);
        const to: usize = 4 * first;
        addBlock(pairs, w, ws, x0 + to, x1 + to, x2 + to, x3 + to, s0 + at, s1 + at, s2 + at, s3 + at, sums);
        w += 32 * pairs;
      }
      x0 += columnStep;
      x1 += columnStep;
      x2 += columnStep;
      x3 += columnStep;
      s0 += scaleColumnStep;
      s1 += scaleColumnStep;
      s2 += scaleColumnStep;
      s3 += scaleColumnStep;
    }
    x0 += nextRow;
    x1 += nextRow;
    x2 += nextRow;
    x3 += nextRow;
    s0 += nextScaleRow;
    s1 += nextScaleRow;
    s2 += nextScaleRow;
    s3 += nextScaleRow;
  }
  storeRow(y0, 0, real);
  storeRow(y1, 32, real);
  storeRow(y2, 64, real);
  storeRow(y3, 96, real);
}

/** Sums of all windows in the list of a phase, over frames of codes at `x` and of scales at `s`, to the rows [width] of a tile at `y`. */
function blockSums(
  phase: i32,
  list: usize,
  length: i32,
  size: i32,
  blocks: i32,
  x: usize,
  s: usize,
  w: usize,
  ws: usize,
  y: usize,
): void {
  const pixelBytes: usize = 4 * ((depth + 1) >> 1);
  const scalePixel: usize = 4 * blocks;
  columnStep = backward ? 0 - pixelBytes : pixelBytes;
  rowStep = columnStep * frameWidth();
  scaleColumnStep = backward ? 0 - scalePixel : scalePixel;
  scaleRowStep = scaleColumnStep * frameWidth();
  const rows = phaseRows(phase);
  const columns = phaseColumns(phase);
  const rowBytes: usize = 4 * width;
  const listEnd = list + 8 * length;
  for (let m = 0; m < width; m += 8) {
    const real = min(8, width - m);
    const to = y + 4 * m;
    for (let at = list; at < listEnd; at += 32) {
      const p0: usize = load<u32>(at);
      const p1: usize = load<u32>(at, 8);
      const p2: usize = load<u32>(at, 16);
      const p3: usize = load<u32>(at, 24);
      fourByEight(
        rows,
        columns,
        size,
        w,
        ws,
        x + pixelBytes * p0,
        x + pixelBytes * p1,
        x + pixelBytes * p2,
        x + pixelBytes * p3,
        s + scalePixel * p0,
        s + scalePixel * p1,
        s + scalePixel * p2,
        s + scalePixel * p3,
        to + rowBytes * load<u32>(at, 4),
        to + rowBytes * load<u32>(at, 12),
        to + rowBytes * load<u32>(at, 20),
        to + rowBytes * load<u32>(at, 28),
        real,
      );
    }
    w += 32 * rows * columns * ((depth + 1) >> 1);
    ws += 32 * rows * columns * blocks;
  }
}

/**
 * Sums of the current convolution, which has one group, through the pass. Channels of x, of dy and of weights are innermost, in blocks of
 * `size`, an even number.
 */
export function blockProduct(x: usize, xScales: usize, w: usize, wScales: usize, size: i32): void {
  const start = mark();
  narrow(false);
  const blocks = (depth + size - 1) / size;
  const perSample = toHeight * toWidth;
  const scalesSize: usize = 4 * (inputSize() / depth) * blocks;
  x += inputSize() * firstSample;
  xScales += scalesSize * firstSample;
  const allPhases = phases();
  const weights = take(8 * allPhases);
  for (let phase = 0; phase < allPhases; phase++) {
    const to = take(weightBytes(phase));
    const scalesTo = take(scaleBytes(phase, blocks));
    packWeights(phase, w, wScales, blocks, to, scalesTo);
    store<usize>(weights + 8 * phase, to);
    store<usize>(weights + 8 * phase, scalesTo, 4);
  }
  const pixel = (depth + 1) & ~1;
  const frameBytes: usize = 2 * pixel * framePixels();
  const scaleFrame: usize = 4 * blocks * framePixels();
  const atOnce = max(1, min(samples, <i32>(packedLimit / (frameBytes + scaleFrame))));
  const packed = take(frameBytes * atOnce);
  const scales = take(scaleFrame * atOnce);
  const most = tileWindows();
  sums = take(sumBytes);
  const tile = take(4 * most * width);
  const listBytes: usize = 8 * (most + 4);
  const lists = take(listBytes * allPhases);
  const lengths = take(4 * allPhases);
  const gaps = !phaseRows(allPhases - 1);
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    packSamples(x + inputSize() * n, packed, count, pixel, 2, 0);
    packScales(xScales + scalesSize * n, scales, count, blocks);
    for (let first = 0; first < count * perSample; first += most) {
      const tiled = min(most, count * perSample - first);
      windows(first, tiled, most, lists, lengths);
      if (gaps) memory.fill(tile, 0, 4 * width * tiled);
      for (let phase = 0; phase < allPhases; phase++) {
        if (!phaseRows(phase)) continue;
        const packedWeights = load<usize>(weights + 8 * phase);
        const packedScales = load<usize>(weights + 8 * phase, 4);
        const list = lists + listBytes * phase;
        const length = load<i32>(lengths + 4 * phase);
        blockSums(phase, list, length, size, blocks, packed, scales, packedWeights, packedScales, tile);
      }
      handOver(n * perSample + first, tiled, tile, false);
    }
  }
  release(start);
}
