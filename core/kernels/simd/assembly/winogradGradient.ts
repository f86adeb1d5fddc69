/**
 * @file Integer weight gradients of 3x3 with stride 1 in 16 products for every 36, exactly: Winograd's F(3x3, 2x2).
 *
 *     dw = sum over tiles of   At [(G dy Gt) * (Bt x B)] A      dy: tile of 2x2, x: tile of 4x4, dw: 3x3
 *
 * As in `winograd.ts` G is doubled and dw comes out four times too large. Products are summed over tiles before they are turned back, in
 * int32 that may wrap around: what is turned back, before four times the sum could pass 2^31, goes to float64. Where a tile
 * reaches past the image its dy is zero, and what it reads there does not matter.
 */
import { take } from "./arena";
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
import { fourByEight } from "./integerWeightGradient";
import { transformTile } from "./winograd";

const packedLimit: usize = 131072;
/** Tiles of a batch, about. */
const batchTiles: i32 = 64;
/** Positions whose products of 255 * 255 at most, times four, are sure to fit into 31 bits. */
const flushLimit: i32 = 8256;

const even: usize = memory.data(256, 16);
const odd: usize = memory.data(256, 16);

export function suitsWinogradGradient(): bool {
  return (
    kernelHeight == 3 &&
    kernelWidth == 3 &&
    stride == 1 &&
    groups == 1 &&
    (depth & 7) == 0 &&
    width >= 8 &&
    toHeight > 1 &&
    toWidth > 1 &&
    4 * toWidth <= flushLimit
  );
}

/** 8 outputs of dy as int16 (code - zeroPoint), or zeros. */
@inline
function eight(from: usize, zeros: v128, real: bool): v128 {
  return real ? i16x8.sub(i16x8.extend_low_i8x16_s(v128.load64_zero(from)), zeros) : i16x8.splat(0);
}

/** G, doubled, times (a, b): four vectors. */
@inline
function spread(a: v128, b: v128, to: usize): void {
  v128.store(to, i16x8.add(a, a));
  v128.store(to, i16x8.add(a, b), 16);
  v128.store(to, i16x8.sub(a, b), 32);
  v128.store(to, i16x8.add(b, b), 48);
}

/** G dy Gt of outputs `o` .. `o + 8` of tile `t`, whose rows of tiles count from `first`: 16 places. */
function transformDy(dy: usize, zeros: v128, first: i32, t: i32, o: i32, to: usize): void {
  const high = (toHeight + 1) >> 1;
  const wide = (toWidth + 1) >> 1;
  const line = first + t / wide;
  const column = 2 * (t % wide);
  const row = 2 * (line % high);
  const from = dy + (((line / high) * toHeight + row) * toWidth + column) * width + o;
  const right = column + 1 < toWidth;
  const below = row + 1 < toHeight;
  const rowBytes: usize = width * toWidth;
  const a = eight(from, zeros, true);
  const b = eight(from + width, zeros, right);
  const c = eight(from + rowBytes, zeros, below);
  const d = eight(from + rowBytes + width, zeros, right && below);
  spread(i16x8.add(a, a), i16x8.add(b, b), to);
  spread(i16x8.add(a, c), i16x8.add(b, d), to + 64);
  spread(i16x8.sub(a, c), i16x8.sub(b, d), to + 128);
  spread(i16x8.add(c, c), i16x8.add(d, d), to + 192);
}

/**
 * Transformed dy of `tiles` tiles: [place][block of 4 outputs][pair of tiles][output][2], `blockBytes` a block. A missing last
 * tile counts as zeros.
 */
function packDy(dy: usize, zero: i32, first: i32, tiles: i32, blockBytes: usize, to: usize): void {
  const zeros = i16x8.splat(<i16>zero);
  const placeBytes: usize = blockBytes * ((width + 3) >> 2);
  for (let t = 0; t < tiles; t += 2)
    for (let o = 0; o < width; o += 8) {
      transformDy(dy, zeros, first, t, o, even);
      if (t + 1 < tiles) transformDy(dy, zeros, first, t + 1, o, odd);
      else memory.fill(odd, 0, 256);
      let at = to + blockBytes * (o >> 2) + 8 * t;
      for (let place: usize = 0; place < 256; place += 16, at += placeBytes) {
        const a = v128.load(even + place);
        const b = v128.load(odd + place);
        v128.store(at, v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
        if (o + 4 < width) v128.store(at + blockBytes, v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15));
      }
    }
}

/** (a + b + c), (b - c), (b + c - d): At times a column. */
@inline
function turned(row: i32, a: v128, b: v128, c: v128, d: v128): v128 {
  return row == 0
    ? i32x4.add(i32x4.add(a, b), c)
    : row == 1
      ? i32x4.sub(b, c)
      : i32x4.sub(i32x4.add(b, c), d);
}

/** Adds a quarter of four sums to float64. */
@inline
function addTo(to: usize, sum: v128): void {
  const quarter = i32x4.shr_s(sum, 2);
  v128.store(to, f64x2.add(v128.load(to), f64x2.convert_low_i32x4_s(quarter)));
  const high = f64x2.convert_low_i32x4_s(v128.shuffle<i64>(quarter, quarter, 1, 1));
  v128.store(to, f64x2.add(v128.load(to, 16), high), 16);
}

/** One row of At M A of four channels of one output, from four places in `placeBytes` steps of four rows, to three taps. */
@inline
function turnRow(row: i32, at: usize, placeBytes: usize, to: usize, tapBytes: usize): void {
  const down: usize = 4 * placeBytes;
  const at1 = at + placeBytes;
  const at2 = at1 + placeBytes;
  const at3 = at2 + placeBytes;
  const a = turned(row, v128.load(at), v128.load(at + down), v128.load(at + 2 * down), v128.load(at + 3 * down));
  const b = turned(row, v128.load(at1), v128.load(at1 + down), v128.load(at1 + 2 * down), v128.load(at1 + 3 * down));
  const c = turned(row, v128.load(at2), v128.load(at2 + down), v128.load(at2 + 2 * down), v128.load(at2 + 3 * down));
  const d = turned(row, v128.load(at3), v128.load(at3 + down), v128.load(at3 + 2 * down), v128.load(at3 + 3 * down));
  addTo(to, turned(0, a, b, c, d));
  addTo(to + tapBytes, turned(1, a, b, c, d));
  addTo(to + 2 * tapBytes, turned(2, a, b, c, d));
}

/** Turns the sums [place][output][channel] back, adds them to dw [O, 3, 3, I] in float64, and clears them. */
function flush(sums: usize, placeBytes: usize, to: usize): void {
  const tapBytes: usize = 8 * depth;
  let at = sums;
  for (let o = 0; o < width; o++, to += 8 * tapBytes)
    for (let i = 0; i < depth; i += 4, at += 16, to += 32) {
      turnRow(0, at, placeBytes, to, tapBytes);
      turnRow(1, at, placeBytes, to + 3 * tapBytes, tapBytes);
      turnRow(2, at, placeBytes, to + 6 * tapBytes, tapBytes);
    }
  memory.fill(sums, 0, 16 * placeBytes);
}

/** Sums as float64 at `to`: dw [O, 3, 3, I]; takes scratch, which the caller gives back. */
export function winogradGradient(dy: usize, dyZero: i32, x: usize, xZero: i32, to: usize): void {
  const high = (toHeight + 1) >> 1;
  const wide = (toWidth + 1) >> 1;
  const most = max(1, min(batchTiles / wide, flushLimit / (4 * wide)));
  const mostPairs = (most * wide + 1) >> 1;
  const blocks = (width + 3) >> 2;
  const sampleBytes: usize = 2 * depth * framePixels();
  const atOnce = max(1, min(samples, <i32>(packedLimit / sampleBytes)));
  const packed = take(sampleBytes * atOnce + 2 * depth * (2 * frameWidth() + 2));
  const inputs = take(64 * depth * mostPairs);
  const gradients = take(256 * blocks * mostPairs);
  const list = take(16 * mostPairs);
  const placeBytes: usize = 16 * blocks * depth;
  const sums = take(16 * placeBytes);
  memory.fill(sums, 0, 16 * placeBytes);
  memory.fill(to, 0, 72 * width * depth);
  const pixelBytes: usize = 2 * depth;
  let held = 0;
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    packSamples(x + n * fromHeight * fromWidth * depth, packed, count, depth, 2, xZero);
    const all = count * high;
    for (let first = 0; first < all; first += most) {
      const rows = min(most, all - first);
      const tiles = rows * wide;
      const pairs = (tiles + 1) >> 1;
      if (held + 4 * tiles > flushLimit) {
        flush(sums, placeBytes, to);
        held = 0;
      }
      held += 4 * tiles;
      const inputBytes = pixelBytes * tiles;
      for (let t = 0; t < tiles; t++) {
        const line = first + t / wide;
        const pixel = (line / high) * framePixels() + 2 * ((line % high) * frameWidth() + (t % wide));
        transformTile(packed + pixelBytes * pixel, inputs + pixelBytes * t, inputBytes);
      }
      for (let t = 0; t < 2 * pairs; t++) store<u32>(list + 8 * t, <u32>pixelBytes * min(t, tiles - 1));
      const blockBytes: usize = 16 * pairs;
      packDy(dy + n * toHeight * toWidth * width, dyZero, first, tiles, blockBytes, gradients);
      for (let place = 0; place < 16; place++)
        for (let o = 0; o < blocks; o++)
          for (let i = 0; i < depth; i += 8)
            fourByEight(
              list,
              pairs,
              inputs + inputBytes * place + 2 * i,
              gradients + blockBytes * (place * blocks + o),
              sums + placeBytes * place + 4 * (4 * o * depth + i),
              4 * depth,
            );
    }
  }
  flush(sums, placeBytes, to);
}
