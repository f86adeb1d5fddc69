/**
 * @file The half of Winograd's algorithm that `winograd.ts` and `winogradGradient.ts` share: Bt x B of tiles of 6x6.
 *
 *     Bt = | 4  0 -5  0  1  0 |    evaluates at 0, 1, -1, 2, -2 and infinity. Numbers of 9 bits grow 100 times at most, to 25500,
 *          | 0 -4 -4  1  1  0 |    so int16 holds the results; on the way sums may wrap around.
 *          | 0  4 -4 -1  1  0 |
 *          | 0 -2 -1  2  1  0 |
 *          | 0  2 -1 -2  1  0 |
 *          | 0  4  0 -5  0  1 |
 *
 * Tiles lie 4 apart and overlap. So the rows of x are multiplied with Bt for a whole row of tiles, six rows to six lines of which
 * neighbours share what they overlap in, and then each tile's columns.
 */
import { depth, framePixels, frameWidth } from "./geometry";

/** Side of what a tile gives forward, and takes of dy backward; tiles are 2 larger. */
export const tileSide: i32 = 4;
export const places: i32 = 36;

/** The largest difference of a code from `zero`. */
export function farthest(zero: i32): i32 {
  return max(zero + 128, 127 - zero);
}

/** Bytes of the lines of a row of `wide` tiles. */
export function lineBytes(wide: i32): usize {
  return 2 * depth * (tileSide * wide + 2);
}

/** Bytes past packed samples of which tiles read; they have to hold numbers of 9 bits. */
export function tilesSlack(): usize {
  return 2 * depth * (3 * frameWidth() + 3);
}

/** Bytes from one place to the next where `bytes` are used: never a multiple of a page, as then all places would share one line of the cache. */
export function placeStride(bytes: usize): usize {
  return bytes + 64;
}

/** Bt times a column of six, to six vectors `step` bytes apart. */
@inline
function spread(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, step: usize): void {
  const c = i16x8.sub(d4, d2);
  const half = i16x8.sub(d3, d1);
  const e = i16x8.add(half, half);
  const a = i16x8.sub(d4, i16x8.shl(d2, 2));
  const b = i16x8.sub(d3, i16x8.shl(d1, 2));
  v128.store(to, i16x8.add(i16x8.shl(i16x8.sub(d0, d2), 2), c));
  to += step;
  v128.store(to, i16x8.add(a, b));
  to += step;
  v128.store(to, i16x8.sub(a, b));
  to += step;
  v128.store(to, i16x8.add(c, e));
  to += step;
  v128.store(to, i16x8.sub(c, e));
  v128.store(to + step, i16x8.sub(i16x8.sub(d5, d3), i16x8.add(e, e)));
}

/** Six rows of packed samples from `x` on, to six lines of `bytes` each. */
function spreadRows(x: usize, bytes: usize, lines: usize): void {
  const row: usize = 2 * depth * frameWidth();
  const row3 = 3 * row;
  for (const end = lines + bytes; lines < end; lines += 16, x += 16) {
    const low = x + row3;
    spread(
      v128.load(x),
      v128.load(x + row),
      v128.load(x + 2 * row),
      v128.load(low),
      v128.load(low + row),
      v128.load(low + 2 * row),
      lines,
      bytes,
    );
  }
}

/** The columns of one tile, from lines of `bytes` each: [place][tile][channel], places `stride` bytes apart. */
function spreadColumns(line: usize, bytes: usize, to: usize, stride: usize): void {
  const pixel: usize = 2 * depth;
  for (let i = 0; i < 6; i++, line += bytes, to += 6 * stride)
    for (let k: usize = 0; k < pixel; k += 16) {
      const low = line + k;
      const high = low + 3 * pixel;
      spread(
        v128.load(low),
        v128.load(low + pixel),
        v128.load(low + 2 * pixel),
        v128.load(high),
        v128.load(high + pixel),
        v128.load(high + 2 * pixel),
        to + k,
        stride,
      );
    }
}

/**
 * Bt x B of `rows` rows of `wide` tiles each, of which each sample has `high`, from row `first` on: [place][tile][channel].
 *
 * @param x     packed samples, int16, at the first tile of the first sample
 * @param lines scratch for six lines
 */
export function transformTiles(first: i32, rows: i32, high: i32, wide: i32, x: usize, lines: usize, to: usize, stride: usize): void {
  const pixel: usize = 2 * depth;
  const bytes = lineBytes(wide);
  for (let r = first; r < first + rows; r++) {
    const sample = r / high;
    spreadRows(x + pixel * (sample * framePixels() + tileSide * (r - sample * high) * frameWidth()), bytes, lines);
    for (let t = 0; t < wide; t++, to += pixel) spreadColumns(lines + tileSide * pixel * t, bytes, to, stride);
  }
}
