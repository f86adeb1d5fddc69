/** @file The block of integer weight gradients: four outputs by 8 numbers of x, over pairs of positions. */

@inline
function dot(sum: v128, x: v128, g: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(x, g));
}

@inline
function put(to: usize, sum: v128, fresh: bool): void {
  v128.store(to, fresh ? sum : i32x4.add(v128.load(to), sum));
}

/**
 * Adds products to int32 sums of four outputs by 8 numbers. Leaving the loop between two pairs costs less than a remainder, and
 * keeps the compiler from loading for several pairs at once, which would need more registers than there are.
 *
 * @param pairs number of pairs of positions, at least one
 * @param x     [pair][8][2] int16
 * @param g     dy as [pair][4][2] int16
 * @param to    sums, `outputBytes` from one output to the next; stored instead of added if `fresh`
 */
export function addFourByEight(
  pairs: i32,
  x: usize,
  g: usize,
  to: usize,
  outputBytes: usize,
  fresh: bool,
): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  let x0: v128;
  let x1: v128;
  let pair: v128;
  while (true) {
    x0 = v128.load(x);
    x1 = v128.load(x, 16);
    pair = v128.load32_splat(g);
    a0 = dot(a0, x0, pair);
    a1 = dot(a1, x1, pair);
    pair = v128.load32_splat(g, 4);
    b0 = dot(b0, x0, pair);
    b1 = dot(b1, x1, pair);
    pair = v128.load32_splat(g, 8);
    c0 = dot(c0, x0, pair);
    c1 = dot(c1, x1, pair);
    pair = v128.load32_splat(g, 12);
    d0 = dot(d0, x0, pair);
    d1 = dot(d1, x1, pair);
    if (--pairs == 0) break;
    g += 16;
    x0 = v128.load(x, 32);
    x1 = v128.load(x, 48);
    pair = v128.load32_splat(g);
    a0 = dot(a0, x0, pair);
    a1 = dot(a1, x1, pair);
    pair = v128.load32_splat(g, 4);
    b0 = dot(b0, x0, pair);
    b1 = dot(b1, x1, pair);
    pair = v128.load32_splat(g, 8);
    c0 = dot(c0, x0, pair);
    c1 = dot(c1, x1, pair);
    pair = v128.load32_splat(g, 12);
    d0 = dot(d0, x0, pair);
    d1 = dot(d1, x1, pair);
    if (--pairs == 0) break;
    g += 16;
    x0 = v128.load(x, 64);
    x1 = v128.load(x, 80);
    pair = v128.load32_splat(g);
    a0 = dot(a0, x0, pair);
    a1 = dot(a1, x1, pair);
    pair = v128.load32_splat(g, 4);
    b0 = dot(b0, x0, pair);
    b1 = dot(b1, x1, pair);
    pair = v128.load32_splat(g, 8);
    c0 = dot(c0, x0, pair);
    c1 = dot(c1, x1, pair);
    pair = v128.load32_splat(g, 12);
    d0 = dot(d0, x0, pair);
    d1 = dot(d1, x1, pair);
    if (--pairs == 0) break;
    g += 16;
    x0 = v128.load(x, 96);
    x1 = v128.load(x, 112);
    pair = v128.load32_splat(g);
    a0 = dot(a0, x0, pair);
    a1 = dot(a1, x1, pair);
    pair = v128.load32_splat(g, 4);
    b0 = dot(b0, x0, pair);
    b1 = dot(b1, x1, pair);
    pair = v128.load32_splat(g, 8);
    c0 = dot(c0, x0, pair);
    c1 = dot(c1, x1, pair);
    pair = v128.load32_splat(g, 12);
    d0 = dot(d0, x0, pair);
    d1 = dot(d1, x1, pair);
    if (--pairs == 0) break;
    x += 128;
    g += 16;
  }
  put(to, a0, fresh);
  put(to + 16, a1, fresh);
  to += outputBytes;
  put(to, b0, fresh);
  put(to + 16, b1, fresh);
  to += outputBytes;
  put(to, c0, fresh);
  put(to + 16, c1, fresh);
  to += outputBytes;
  put(to, d0, fresh);
  put(to + 16, d1, fresh);
}
