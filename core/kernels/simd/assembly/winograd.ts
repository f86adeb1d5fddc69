/**
 * @file Integer convolutions of 3x3 with stride 1 in 16 products for every 36, exactly: Winograd's F(2x2, 3x3).
 *
 *     y = At [(G w Gt) * (Bt x B)] A      x: tile of 4x4, w: kernel of 3x3, y: tile of 2x2; * is element by element
 *
 * G has halves; here it is doubled, so that everything stays an integer, and y comes out four times too large. With numbers of 9 bits the
 * transformed inputs stay below 2^10 and the transformed weights below 2^12, so int16 holds both. Sums may wrap around on the way,
 * which is harmless as long as 4 y fits into an int32. Summed over channels, the products of each of the 16 places are a
 * matrix product: the same kernel as for a convolution of 1x1.
 *
 * @see Lavin and Gray 2016, arXiv:1509.09308
 */
import { take } from "./arena";
import {
  backward,
  depth,
  framePixels,
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
import { matrixProduct } from "./integerProduct";
import { storeLanes } from "./lanes";
import { blockedOutputs, packWinograd } from "./winogradWeights";

/** Most channels: 4 * 255 * 255 * 9 * channels is sure to fit into 31 bits. */
const mostChannels: i32 = 917;
/** Bytes of the sums of a batch of tiles, all 16 places. */
const batchLimit: i32 = 65536;

let inputs: usize = 0;
let sums: usize = 0;
let weights: usize = 0;
let batchRows: i32 = 0;

/** Whether the convolution at hand can be computed like this. */
export function suitsWinograd(): bool {
  return (
    kernelHeight == 3 &&
    kernelWidth == 3 &&
    stride == 1 &&
    groups == 1 &&
    (depth & 7) == 0 &&
    depth <= mostChannels &&
    width >= 8 &&
    toHeight > 1 &&
    toWidth > 1
  );
}

function tilesWide(): i32 {
  return (toWidth + 1) >> 1;
}

function tileRows(): i32 {
  return (toHeight + 1) >> 1;
}

/** Bytes past the packed samples that tiles may read. */
export function winogradSlack(): usize {
  return 2 * depth * (2 * frameWidth() + 2);
}

/** Rows of tiles of a batch: about as many as the limit allows, their tiles if possible a multiple of the four taken at a time. */
function rowsOfBatch(): i32 {
  const tiles = max(16, batchLimit / (64 * width));
  let rows = max(1, tiles / tilesWide());
  while (rows < 4 && (rows * tilesWide()) & 3) rows++;
  return rows;
}

/** Most windows that one batch hands over. */
export function winogradWindows(): i32 {
  return 2 * rowsOfBatch() * toWidth;
}

/** Takes scratch and packs the weights: [place][block of outputs][pair of channels][output][2]. */
export function beginWinograd(w: usize, zeros: usize, zeroStep: i32): void {
  batchRows = rowsOfBatch();
  const tiles = (batchRows * tilesWide() + 3) & ~3;
  inputs = take(32 * tiles * depth);
  sums = take(64 * tiles * width);
  const outputs = blockedOutputs(width);
  weights = take(32 * depth * outputs);
  packWinograd(w, zeros, zeroStep, outputs, weights);
}

/** One row of Bt x B of 8 channels: a - b (or a + b where `plus`) of two rows of x, then along the columns. */
@inline
function transformRow(a: usize, b: usize, pixelBytes: usize, plus: bool, to: usize, placeBytes: usize): void {
  let a0 = v128.load(a);
  let a1 = v128.load(a + pixelBytes);
  let a2 = v128.load(a + 2 * pixelBytes);
  let a3 = v128.load(a + 3 * pixelBytes);
  const b0 = v128.load(b);
  const b1 = v128.load(b + pixelBytes);
  const b2 = v128.load(b + 2 * pixelBytes);
  const b3 = v128.load(b + 3 * pixelBytes);
  a0 = plus ? i16x8.add(a0, b0) : i16x8.sub(a0, b0);
  a1 = plus ? i16x8.add(a1, b1) : i16x8.sub(a1, b1);
  a2 = plus ? i16x8.add(a2, b2) : i16x8.sub(a2, b2);
  a3 = plus ? i16x8.add(a3, b3) : i16x8.sub(a3, b3);
  v128.store(to, i16x8.sub(a0, a2));
  v128.store(to + placeBytes, i16x8.add(a1, a2));
  v128.store(to + 2 * placeBytes, i16x8.sub(a2, a1));
  v128.store(to + 3 * placeBytes, i16x8.sub(a1, a3));
}

/** Bt x B of one tile: [place][tile][channel]. */
export function transformTile(x: usize, to: usize, placeBytes: usize): void {
  const pixelBytes: usize = 2 * depth;
  const rowBytes: usize = pixelBytes * frameWidth();
  for (const end = x + pixelBytes; x < end; x += 16, to += 16) {
    const x1 = x + rowBytes;
    const x2 = x1 + rowBytes;
    const x3 = x2 + rowBytes;
    transformRow(x, x2, pixelBytes, false, to, placeBytes);
    transformRow(x1, x2, pixelBytes, true, to + 4 * placeBytes, placeBytes);
    transformRow(x2, x1, pixelBytes, false, to + 8 * placeBytes, placeBytes);
    transformRow(x1, x3, pixelBytes, false, to + 12 * placeBytes, placeBytes);
  }
}

@inline
function firstOf(a: v128, b: v128, c: v128): v128 {
  return i32x4.add(i32x4.add(a, b), c);
}

@inline
function secondOf(b: v128, c: v128, d: v128): v128 {
  return i32x4.sub(i32x4.sub(b, c), d);
}

/** At M A / 4 of one tile to four outputs: `right` and `below` say whether those lie within the image. */
function gatherTile(from: usize, placeBytes: usize, to: usize, rowBytes: usize, right: bool, below: bool): void {
  const pixelBytes: usize = 4 * width;
  const down: usize = 4 * placeBytes;
  for (let o = 0; o < width; o += 4, from += 16, to += 16) {
    let at = from;
    const a0 = firstOf(v128.load(at), v128.load(at + placeBytes), v128.load(at + 2 * placeBytes));
    const a1 = secondOf(v128.load(at + placeBytes), v128.load(at + 2 * placeBytes), v128.load(at + 3 * placeBytes));
    at += down;
    const b0 = firstOf(v128.load(at), v128.load(at + placeBytes), v128.load(at + 2 * placeBytes));
    const b1 = secondOf(v128.load(at + placeBytes), v128.load(at + 2 * placeBytes), v128.load(at + 3 * placeBytes));
    at += down;
    const c0 = firstOf(v128.load(at), v128.load(at + placeBytes), v128.load(at + 2 * placeBytes));
    const c1 = secondOf(v128.load(at + placeBytes), v128.load(at + 2 * placeBytes), v128.load(at + 3 * placeBytes));
    at += down;
    const d0 = firstOf(v128.load(at), v128.load(at + placeBytes), v128.load(at + 2 * placeBytes));
    const d1 = secondOf(v128.load(at + placeBytes), v128.load(at + 2 * placeBytes), v128.load(at + 3 * placeBytes));
    const y0 = i32x4.shr_s(firstOf(a0, b0, c0), 2);
    const y1 = i32x4.shr_s(firstOf(a1, b1, c1), 2);
    const y2 = i32x4.shr_s(secondOf(b0, c0, d0), 2);
    const y3 = i32x4.shr_s(secondOf(b1, c1, d1), 2);
    const real = width - o;
    if (right && below && real >= 4) {
      v128.store(to, y0);
      v128.store(to + pixelBytes, y1);
      v128.store(to + rowBytes, y2);
      v128.store(to + rowBytes + pixelBytes, y3);
    } else {
      storeLanes(to, y0, real);
      if (right) storeLanes(to + pixelBytes, y1, real);
      if (below) storeLanes(to + rowBytes, y2, real);
      if (right && below) storeLanes(to + rowBytes + pixelBytes, y3, real);
    }
  }
}

/** Rows of tiles of so many packed samples. */
export function winogradRows(count: i32): i32 {
  return count * tileRows();
}

/** The first output of a row of tiles, counted over packed samples. */
export function winogradFirst(row: i32): i32 {
  const sample = row / tileRows();
  return (sample * toHeight + 2 * (row - sample * tileRows())) * toWidth;
}

/** Rows of tiles from `first` on that are computed at once. */
export function winogradBatch(first: i32, all: i32): i32 {
  return min(batchRows, all - first);
}

/** Sums of `rows` rows of tiles of the packed samples at `x`, from row `first` on, to rows [width] at `y`. */
export function winogradSums(first: i32, rows: i32, x: usize, y: usize): void {
  const wide = tilesWide();
  const tiles = rows * wide;
  const inputBytes: usize = 2 * depth * ((tiles + 3) & ~3);
  const sumBytes: usize = 4 * width * ((tiles + 3) & ~3);
  const pixelBytes: usize = 2 * depth;
  const corner = backward ? padding * frameWidth() + padding : 0;
  let to = inputs;
  for (let r = first; r < first + rows; r++) {
    const sample = r / tileRows();
    const top = 2 * (r - sample * tileRows()) * frameWidth();
    let from = x + pixelBytes * (sample * framePixels() + top + corner);
    for (let t = 0; t < wide; t++, from += 2 * pixelBytes, to += pixelBytes) transformTile(from, to, inputBytes);
  }
  const weightBytes: usize = 2 * depth * blockedOutputs(width);
  for (let place = 0; place < 16; place++)
    matrixProduct(inputs + place * inputBytes, tiles, depth, weights + place * weightBytes, width, sums + place * sumBytes);
  const start = winogradFirst(first);
  let from = sums;
  for (let r = first; r < first + rows; r++) {
    const at = y + 4 * width * (winogradFirst(r) - start);
    const below = 2 * (r % tileRows()) + 1 < toHeight;
    for (let t = 0; t < wide; t++, from += 4 * width)
      gatherTile(from, sumBytes, at + 8 * width * t, 4 * width * toWidth, 2 * t + 1 < toWidth, below);
  }
}
