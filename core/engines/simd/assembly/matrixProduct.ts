/** @file Products of int16 matrices, exact in int32: the remaining multiplications of Winograd's algorithm. */
import { fourByFour, windowsByEight } from "./integerProduct";

/**
 * Rows [outputs] of sums of products of int16 rows, `row` apart, with packed weights [block][pair][output][2], where a pair is for
 * two of those `row`. Only `pairs` of them from number `first` (even) on are multiplied. `count` rows; up to a multiple of four
 * they are read and written as well.
 */
export function matrixProduct(
  x: usize,
  count: i32,
  row: i32,
  first: i32,
  pairs: i32,
  w: usize,
  outputs: i32,
  y: usize,
): void {
  const xRow: usize = 2 * row;
  const yRow: usize = 4 * outputs;
  x += 2 * first;
  for (let m = 0; m < outputs; m += 8) {
    const real = min(8, outputs - m);
    const block = real > 4 ? 8 : 4;
    const from = w + 2 * block * first;
    let x0 = x;
    let y0 = y + 4 * m;
    for (let r = 0; r < count; r += 4, x0 += 4 * xRow, y0 += 4 * yRow) {
      const x1 = x0 + xRow;
      const x2 = x1 + xRow;
      const x3 = x2 + xRow;
      const y1 = y0 + yRow;
      const y2 = y1 + yRow;
      const y3 = y2 + yRow;
      if (block == 8) windowsByEight<i16>(1, pairs, 0, from, x0, x1, x2, x3, y0, y1, y2, y3, real);
      else fourByFour<i16>(1, pairs, 0, from, x0, x1, x2, x3, y0, y1, y2, y3, real);
    }
    w += 2 * block * row;
  }
}
