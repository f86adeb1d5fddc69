/** @file G dy Gt of `winogradGradient.ts`: tiles of 4x4 codes of dy as int16, 36 places for 16 positions. */
import { table } from "./arena";
import { toHeight, toWidth, width } from "./geometry";
import { tileSide } from "./winogradInput";

/** Transformed tiles of 8 outputs, a vector for each place, and of their neighbours. */
const tileBytes: usize = 576;
const even: usize = table(576);
const odd: usize = table(576);

/** 8 outputs as int16, or zeros. */
@inline
function eight(from: usize, real: bool): v128 {
  return real ? i16x8.extend_low_i8x16_s(v128.load64_zero(from)) : i16x8.splat(0);
}

/** (3 0 0 0), (1 1 1 1), (1 -1 1 -1), (1 2 4 8), (1 -2 4 -8), (0 0 0 3) times a column of four, to vectors `step` bytes apart. */
@inline
function spread(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  const ac = i16x8.add(a, c);
  const bd = i16x8.add(b, d);
  const far = i16x8.add(a, i16x8.shl(c, 2));
  const twice = i16x8.shl(i16x8.add(b, i16x8.shl(d, 2)), 1);
  v128.store(to, i16x8.add(a, i16x8.add(a, a)));
  v128.store(to + step, i16x8.add(ac, bd));
  v128.store(to + 2 * step, i16x8.sub(ac, bd));
  v128.store(to + 3 * step, i16x8.add(far, twice));
  v128.store(to + 4 * step, i16x8.sub(far, twice));
  v128.store(to + 5 * step, i16x8.add(d, i16x8.add(d, d)));
}

/** G dy Gt of 8 outputs of a tile, whose first code is at `from`; only `high` rows and `wide` columns of it are in the image. */
function transform(from: usize, high: i32, wide: i32, to: usize): void {
  const row: usize = width * toWidth;
  for (let column = 0; column < tileSide; column++, from += width) {
    const real = column < wide;
    spread(
      eight(from, real),
      eight(from + row, real && high > 1),
      eight(from + 2 * row, real && high > 2),
      eight(from + 3 * row, real && high > 3),
      to + 16 * column,
      96,
    );
  }
  for (const end = to + tileBytes; to < end; to += 96)
    spread(v128.load(to), v128.load(to, 16), v128.load(to, 32), v128.load(to, 48), to, 16);
}

/** The tile found last: its first code, and how many rows and columns are in the image. */
let corner: usize = 0;
let realColumns: i32 = 0;
let realRows: i32 = 0;

/** Finds tile `t`, counted from the row of tiles `first`, of samples with `high` rows of `wide` tiles. */
function find(dy: usize, first: i32, t: i32, high: i32, wide: i32): void {
  const down = t / wide;
  const line = first + down;
  const sample = line / high;
  const column = tileSide * (t - down * wide);
  const row = tileSide * (line - sample * high);
  corner = dy + ((sample * toHeight + row) * toWidth + column) * width;
  realColumns = toWidth - column;
  realRows = toHeight - row;
}

/**
 * Transformed dy of `tiles` tiles: [place][block of 4 outputs][pair of tiles][output][2], `blockBytes` a block, places `stride`
 * bytes apart. A missing last tile counts as zeros.
 */
export function packDy(
  dy: usize,
  first: i32,
  tiles: i32,
  high: i32,
  wide: i32,
  blockBytes: usize,
  to: usize,
  stride: usize,
): void {
  const one = even;
  const other = odd;
  for (let t = 0; t < tiles; t += 2) {
    find(dy, first, t, high, wide);
    const left = corner;
    const leftColumns = realColumns;
    const leftRows = realRows;
    const paired = t + 1 < tiles;
    if (paired) find(dy, first, t + 1, high, wide);
    else memory.fill(other, 0, tileBytes);
    for (let o = 0; o < width; o += 8) {
      transform(left + o, leftRows, leftColumns, one);
      if (paired) transform(corner + o, realRows, realColumns, other);
      let at = to + blockBytes * (o >> 2) + 8 * t;
      for (let place: usize = 0; place < tileBytes; place += 16, at += stride) {
        const a = v128.load(one + place);
        const b = v128.load(other + place);
        v128.store(at, v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
        if (o + 4 < width) v128.store(at + blockBytes, v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15));
      }
    }
  }
}
