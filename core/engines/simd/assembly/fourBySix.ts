/**
 * @file Integer sums of four windows by 6 outputs, where a block of 8 would compute two unused ones. Outputs 4 and 5 of two windows
 *   share a vector.
 */
import { dot, onesOf } from "./bytes";

/** Outputs 4 and 5 of two windows, of which `real - 4` are stored. */
@inline
function storeRest(to0: usize, to1: usize, rest: v128, real: i32): void {
  if (real == 6) {
    v128.store64_lane(to0, rest, 0, 16);
    v128.store64_lane(to1, rest, 1, 16);
  } else {
    v128.store32_lane(to0, rest, 0, 16);
    v128.store32_lane(to1, rest, 2, 16);
  }
}

/** Product of four pixels and six outputs, as `fourByEight` of `integerProduct.ts`, whose weights it takes; `real` is 5 or 6. */
export function fourBySix<T>(
  rows: i32,
  pairs: i32,
  rowBytes: usize,
  w: usize,
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  real: i32,
): void {
  const ones = onesOf<T>();
  let a = i32x4.splat(0);
  let ab = a;
  if (sizeof<T>() == 1) {
    a = v128.load(w);
    ab = v128.load64_splat(w, 16);
    w += 32;
  }
  let b = a;
  let c = a;
  let d = a;
  let cd = ab;
  const whole = (pairs - 1) >> 2;
  const nextX = rowBytes - 16 * whole;
  const nextW = 32 * (pairs - 4 * whole);
  let w0: v128;
  let w1: v128;
  let x: v128;
  let y: v128;
  for (; rows > 0; rows--) {
    let p = pairs;
    while (true) {
      w0 = v128.load(w);
      w1 = v128.load64_splat(w, 16);
      x = v128.load32_splat(x0);
      y = v128.load32_splat(x1);
      a = dot<T>(a, x, w0, ones);
      b = dot<T>(b, y, w0, ones);
      ab = dot<T>(ab, v128.shuffle<i64>(x, y, 0, 2), w1, ones);
      x = v128.load32_splat(x2);
      y = v128.load32_splat(x3);
      c = dot<T>(c, x, w0, ones);
      d = dot<T>(d, y, w0, ones);
      cd = dot<T>(cd, v128.shuffle<i64>(x, y, 0, 2), w1, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 32);
      w1 = v128.load64_splat(w, 48);
      x = v128.load32_splat(x0, 4);
      y = v128.load32_splat(x1, 4);
      a = dot<T>(a, x, w0, ones);
      b = dot<T>(b, y, w0, ones);
      ab = dot<T>(ab, v128.shuffle<i64>(x, y, 0, 2), w1, ones);
      x = v128.load32_splat(x2, 4);
      y = v128.load32_splat(x3, 4);
      c = dot<T>(c, x, w0, ones);
      d = dot<T>(d, y, w0, ones);
      cd = dot<T>(cd, v128.shuffle<i64>(x, y, 0, 2), w1, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 64);
      w1 = v128.load64_splat(w, 80);
      x = v128.load32_splat(x0, 8);
      y = v128.load32_splat(x1, 8);
      a = dot<T>(a, x, w0, ones);
      b = dot<T>(b, y, w0, ones);
      ab = dot<T>(ab, v128.shuffle<i64>(x, y, 0, 2), w1, ones);
      x = v128.load32_splat(x2, 8);
      y = v128.load32_splat(x3, 8);
      c = dot<T>(c, x, w0, ones);
      d = dot<T>(d, y, w0, ones);
      cd = dot<T>(cd, v128.shuffle<i64>(x, y, 0, 2), w1, ones);
      if (--p == 0) break;
      w0 = v128.load(w, 96);
      w1 = v128.load64_splat(w, 112);
      x = v128.load32_splat(x0, 12);
      y = v128.load32_splat(x1, 12);
      a = dot<T>(a, x, w0, ones);
      b = dot<T>(b, y, w0, ones);
      ab = dot<T>(ab, v128.shuffle<i64>(x, y, 0, 2), w1, ones);
      x = v128.load32_splat(x2, 12);
      y = v128.load32_splat(x3, 12);
      c = dot<T>(c, x, w0, ones);
      d = dot<T>(d, y, w0, ones);
      cd = dot<T>(cd, v128.shuffle<i64>(x, y, 0, 2), w1, ones);
      if (--p == 0) break;
      w += 128;
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
    }
    w += nextW;
    x0 += nextX;
    x1 += nextX;
    x2 += nextX;
    x3 += nextX;
  }
  v128.store(y0, a);
  v128.store(y1, b);
  v128.store(y2, c);
  v128.store(y3, d);
  storeRest(y0, y1, ab, real);
  storeRest(y2, y3, cd, real);
}
