/** @file Sums of a packed sample under the taps of a 3x3 kernel, over all windows, which are multiplied by the zero point of dy. */
import { depth, frameWidth, toHeight, toWidth } from "./geometry";

/** Sum of 4 channels of `n` pixels from `at` on. */
@inline
function along(at: usize, n: i32): v128 {
  let sum = i32x4.splat(0);
  for (const end = at + 2 * depth * n; at < end; at += 2 * depth)
    sum = i32x4.add(sum, i32x4.extend_low_i16x8_s(v128.load64_zero(at)));
  return sum;
}

@inline
function pixel(at: usize): v128 {
  return i32x4.extend_low_i16x8_s(v128.load64_zero(at));
}

@inline
function addTo(to: usize, sum: v128, by: v128): void {
  v128.store(to, i32x4.add(v128.load(to), i32x4.mul(sum, by)));
}

/** Adds zero * (sum of the int16 frame under each tap) to int32 [3][3][I]. The common part of the taps of a row is summed once. */
export function addWindowSums(frame: usize, zero: i32, to: usize): void {
  const by = i32x4.splat(zero);
  const pixelBytes: usize = 2 * depth;
  const rowBytes = pixelBytes * frameWidth();
  const tapBytes: usize = 4 * depth;
  const none = i32x4.splat(0);
  for (let i = 0; i < depth; i += 4, frame += 8, to += 16) {
    let a0 = none;
    let a1 = none;
    let a2 = none;
    let b0 = none;
    let b1 = none;
    let b2 = none;
    let c0 = none;
    let c1 = none;
    let c2 = none;
    let row = frame;
    for (let y = 0; y < toHeight + 2; y++, row += rowBytes) {
      const second = pixel(row + pixelBytes);
      const past = row + pixelBytes * toWidth;
      const third = pixel(past);
      const shared = along(row + 2 * pixelBytes, toWidth - 2);
      const left = i32x4.add(shared, i32x4.add(pixel(row), second));
      const middle = i32x4.add(shared, i32x4.add(second, third));
      const right = i32x4.add(shared, i32x4.add(third, pixel(past + pixelBytes)));
      if (y < toHeight) {
        a0 = i32x4.add(a0, left);
        a1 = i32x4.add(a1, middle);
        a2 = i32x4.add(a2, right);
      }
      if (y > 0 && y <= toHeight) {
        b0 = i32x4.add(b0, left);
        b1 = i32x4.add(b1, middle);
        b2 = i32x4.add(b2, right);
      }
      if (y > 1) {
        c0 = i32x4.add(c0, left);
        c1 = i32x4.add(c1, middle);
        c2 = i32x4.add(c2, right);
      }
    }
    addTo(to, a0, by);
    addTo(to + tapBytes, a1, by);
    addTo(to + 2 * tapBytes, a2, by);
    addTo(to + 3 * tapBytes, b0, by);
    addTo(to + 4 * tapBytes, b1, by);
    addTo(to + 5 * tapBytes, b2, by);
    addTo(to + 6 * tapBytes, c0, by);
    addTo(to + 7 * tapBytes, c1, by);
    addTo(to + 8 * tapBytes, c2, by);
  }
}
