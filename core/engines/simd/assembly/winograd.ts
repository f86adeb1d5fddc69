/**
 * @file Integer convolutions of 3x3 with stride 1 in 36 products for every 144, exactly: Winograd's F(4x4, 3x3).
 *
 *     y = At [(G w Gt) * (Bt x B)] A      x: tile of 6x6, w: kernel of 3x3, y: tile of 4x4; * is element by element
 *
 * G has fractions; the rows of an integer G' are G times 12, -6, -6, 24, 24 and 3, and the columns of At make good for it as far as
 * integers can: y comes out 24 * 24 times too large. Differences of 9 bits become at most 25500 in x (`winogradInput.ts`) and 12495
 * in w, so int16 holds both. Sums may wrap around on the way: division by 9 is the product with its inverse modulo 2^32, and by 64 a
 * shift, which is right as long as y lies within 26 bits. Where so many channels do not, they go in several parts.
 *
 * Summed over channels, the products of each of the 36 places are a matrix product, computed by the kernel of a convolution of 1x1.
 *
 * @see Lavin and Gray 2016, arXiv:1509.09308
 */
import { table, take } from "./arena";
import {
  backward,
  depth,
  frameWidth,
  groups,
  kernelHeight,
  kernelWidth,
  padding,
  stride,
  toHeight,
  toWidth,
  width,
} from "./geometry";
import { storeLanes } from "./lanes";
import { matrixProduct } from "./matrixProduct";
import { farthest, lineBytes, places, placeStride, tileSide, transformTiles } from "./winogradInput";
import { blockedOutputs, packWinograd } from "./winogradWeights";

/** Bytes of the sums of a batch of tiles, all places. */
const batchLimit: i32 = 262144;
/** Bytes of the weights of some outputs, where they are packed just before they are used. */
const weightLimit: i32 = 262144;

let inputs: usize = 0;
let lines: usize = 0;
let sums: usize = 0;
let weights: usize = 0;
let batchRows: i32 = 0;
/** Channels whose sums are sure to lie within 26 bits, and outputs whose weights are packed at once. */
let part: i32 = 0;
let outputsAtOnce: i32 = 0;

let kernels: usize = 0;
let kernelZeros: usize = 0;
let kernelZeroStep: i32 = 0;

const columns: usize = table(384);
const ninth: usize = memory.data<u32>([0x38e38e39, 0x38e38e39, 0x38e38e39, 0x38e38e39], 16);

/** Whether the convolution at hand can be computed like this; an image of two rows or columns would not gain. */
export function suitsWinograd(): bool {
  return (
    kernelHeight == 3 &&
    kernelWidth == 3 &&
    stride == 1 &&
    groups == 1 &&
    (depth & 7) == 0 &&
    width >= 8 &&
    toHeight > 2 &&
    toWidth > 2
  );
}

function tilesWide(): i32 {
  return (toWidth + tileSide - 1) / tileSide;
}

function tileRows(): i32 {
  return (toHeight + tileSide - 1) / tileSide;
}

/** Rows of tiles of a batch: about as many as the limit allows, their tiles if possible a multiple of the four taken at a time. */
function rowsOfBatch(all: i32): i32 {
  const tiles = max(16, batchLimit / (4 * places * width));
  let rows = max(1, tiles / tilesWide());
  for (let more = 0; more < 4 && (rows * tilesWide()) & 3; more++) rows++;
  return min(rows, all);
}

/**
 * Takes scratch for `all` samples, of which some are packed at once, and packs the weights if they will be used more than once.
 * `zero`: of the other operand.
 */
export function beginWinograd(samplesAtOnce: i32, all: i32, zero: i32, w: usize, zeros: usize, zeroStep: i32): void {
  batchRows = rowsOfBatch(samplesAtOnce * tileRows());
  const tiles = (batchRows * tilesWide() + 3) & ~3;
  inputs = take(places * placeStride(2 * depth * tiles));
  lines = take(6 * lineBytes(tilesWide()));
  sums = take(places * placeStride(4 * width * tiles));
  let farthestWeight = 0;
  const outputs = backward ? depth : width;
  for (let o = 0; o <= (outputs - 1) * zeroStep; o++)
    farthestWeight = max(farthestWeight, farthest(load<i32>(zeros + 4 * o)));
  part = min(depth, (((1 << 25) - 1) / (9 * farthestWeight * farthest(zero))) & ~7);
  const once = all * tileRows() <= batchRows;
  outputsAtOnce = once ? max(8, (weightLimit / (2 * places * depth)) & ~7) : width;
  outputsAtOnce = min(outputsAtOnce, width);
  kernels = w;
  kernelZeros = zeros;
  kernelZeroStep = zeroStep;
  weights = take(places * weightStride());
  if (outputsAtOnce == width) packWinograd(0, width, w, zeros, zeroStep, weightStride(), weights);
}

function weightStride(): usize {
  return placeStride(2 * depth * blockedOutputs(outputsAtOnce));
}

/** Most windows that one batch hands over. */
export function winogradWindows(): i32 {
  return tileSide * batchRows * toWidth;
}

/** Product of At and six sums, four at a time: 24 of the 36 places become rows of four, in `columns`. */
@inline
function gatherColumn(at: usize, stride: usize, to: usize): void {
  const line = 6 * stride;
  const m0 = v128.load(at);
  at += line;
  const m1 = v128.load(at);
  at += line;
  const m2 = v128.load(at);
  at += line;
  const m3 = v128.load(at);
  at += line;
  const m4 = v128.load(at);
  const m5 = v128.load(at + line);
  const p = i32x4.add(m1, m2);
  const q = i32x4.shl(i32x4.sub(m1, m2), 2);
  const r = i32x4.add(m3, m4);
  const s = i32x4.sub(m3, m4);
  v128.store(to, i32x4.sub(i32x4.add(i32x4.add(m0, m0), r), i32x4.shl(p, 2)));
  v128.store(to, i32x4.sub(i32x4.add(s, s), q), 96);
  v128.store(to, i32x4.shl(i32x4.sub(r, p), 2), 192);
  v128.store(to, i32x4.sub(i32x4.shl(i32x4.add(s, m5), 3), q), 288);
}

/** Sums that are 24 * 24 times too large, divided by that. */
@inline
function divided(sum: v128): v128 {
  return i32x4.shr_s(i32x4.mul(sum, v128.load(ninth)), 6);
}

@inline
function put(to: usize, sum: v128, real: i32, fresh: bool): void {
  const y = fresh ? divided(sum) : i32x4.add(divided(sum), v128.load(to));
  if (real >= 4) v128.store(to, y);
  else storeLanes(to, y, real);
}

/** A row of four outputs of a tile, of which `wide` lie within the image. `fresh`: they are stored, otherwise added. */
@inline
function gatherRow(row: usize, to: usize, pixelBytes: usize, wide: i32, real: i32, fresh: bool): void {
  const m0 = v128.load(row);
  const m1 = v128.load(row, 16);
  const m2 = v128.load(row, 32);
  const m3 = v128.load(row, 48);
  const m4 = v128.load(row, 64);
  const m5 = v128.load(row, 80);
  const p = i32x4.add(m1, m2);
  const q = i32x4.shl(i32x4.sub(m1, m2), 2);
  const r = i32x4.add(m3, m4);
  const s = i32x4.sub(m3, m4);
  put(to, i32x4.sub(i32x4.add(i32x4.add(m0, m0), r), i32x4.shl(p, 2)), real, fresh);
  if (wide > 1) put(to + pixelBytes, i32x4.sub(i32x4.add(s, s), q), real, fresh);
  if (wide > 2) put(to + 2 * pixelBytes, i32x4.shl(i32x4.sub(r, p), 2), real, fresh);
  if (wide > 3) put(to + 3 * pixelBytes, i32x4.sub(i32x4.shl(i32x4.add(s, m5), 3), q), real, fresh);
}

/** Writes At M A of one tile, `outputs` of them, to `high` rows of `wide` windows at `to`. */
function gatherTile(from: usize, stride: usize, outputs: i32, to: usize, high: i32, wide: i32, fresh: bool): void {
  const pixelBytes: usize = 4 * width;
  const rowBytes: usize = pixelBytes * toWidth;
  const firstColumn = columns;
  const end = firstColumn + 96;
  for (let o = 0; o < outputs; o += 4, from += 16, to += 16) {
    let at = from;
    for (let column = firstColumn; column < end; column += 16, at += stride) gatherColumn(at, stride, column);
    let row = firstColumn;
    let y = to;
    for (let i = 0; i < high; i++, row += 96, y += rowBytes)
      gatherRow(row, y, pixelBytes, wide, outputs - o, fresh);
  }
}

/** Rows of tiles of so many packed samples. */
export function winogradRows(count: i32): i32 {
  return count * tileRows();
}

/** The first output of a row of tiles, counted over packed samples. */
export function winogradFirst(row: i32): i32 {
  const sample = row / tileRows();
  return (sample * toHeight + tileSide * (row - sample * tileRows())) * toWidth;
}

/** Rows of tiles from `first` on that are computed at once. */
export function winogradBatch(first: i32, all: i32): i32 {
  return min(batchRows, all - first);
}

/** Sums of `rows` rows of tiles of the packed samples at `x`, from row `first` on, to rows [width] at `y`. */
export function winogradSums(first: i32, rows: i32, x: usize, y: usize): void {
  const wide = tilesWide();
  const tiles = rows * wide;
  const inputStride = placeStride(2 * depth * ((tiles + 3) & ~3));
  const corner = backward ? padding * frameWidth() + padding : 0;
  transformTiles(first, rows, tileRows(), wide, x + 2 * depth * corner, lines, inputs, inputStride);
  const start = winogradFirst(first);
  for (let m = 0; m < width; m += outputsAtOnce) {
    const outputs = min(outputsAtOnce, width - m);
    if (outputsAtOnce < width) packWinograd(m, outputs, kernels, kernelZeros, kernelZeroStep, weightStride(), weights);
    const sumStride = placeStride(4 * outputs * ((tiles + 3) & ~3));
    for (let k = 0; k < depth; k += part) {
      const pairs = min(part, depth - k) >> 1;
      for (let place = 0; place < places; place++)
        matrixProduct(
          inputs + place * inputStride,
          tiles,
          depth,
          k,
          pairs,
          weights + place * weightStride(),
          outputs,
          sums + place * sumStride,
        );
      let from = sums;
      for (let r = first; r < first + rows; r++) {
        const at = y + 4 * (width * (winogradFirst(r) - start) + m);
        const high = min(tileSide, toHeight - tileSide * (r % tileRows()));
        for (let t = 0; t < wide; t++, from += 4 * outputs)
          gatherTile(
            from,
            sumStride,
            outputs,
            at + 4 * tileSide * width * t,
            high,
            min(tileSide, toWidth - tileSide * t),
            k == 0,
          );
      }
    }
  }
}
