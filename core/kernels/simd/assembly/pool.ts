/**
 * @file Pooling and its pullback over NHWC, lanes being channels. Taps outside of an image are left out.
 *
 * Windows are written in ascending order, so that lanes past the last channel are overwritten by the next window, or change
 * nothing; where that may be another thread's they are not written.
 */
import {
  fromHeight,
  fromWidth,
  kernelHeight,
  kernelWidth,
  ownSamples,
  padding,
  samples,
  stride,
  toHeight,
  toWidth,
  width,
} from "./geometry";
import { storeLanes } from "./lanes";
import { shares } from "./share";

/** First and last + 1 tap that lie within a side. */
@inline
function firstTap(at: i32): i32 {
  return max(0, padding - at * stride);
}

@inline
function lastTap(at: i32, kernel: i32, side: i32): i32 {
  return min(kernel, side + padding - at * stride);
}

/** Where x is larger than best, or the first NaN. */
@inline
function wins(x: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(x, best));
}

/** Whether windows are of 2x2 elements and lie side by side, as those of most networks do. */
function arePairs(): bool {
  return kernelHeight == 2 && kernelWidth == 2 && stride == 2 && padding == 0;
}

/** The largest of such windows. */
function poolPairs(x: usize, y: usize): void {
  const pixel: usize = 4 * width;
  const row: usize = pixel * fromWidth;
  const alone = shares == 1;
  for (let n = 0; n < samples; n++)
    for (let p = 0; p < toHeight; p++) {
      let top = x + row * (n * fromHeight + 2 * p);
      for (let q = 0; q < toWidth; q++, top += 2 * pixel, y += pixel)
        for (let c: usize = 0; c < pixel; c += 16) {
          const upper = top + c;
          const lower = upper + row;
          let best = v128.load(upper);
          const second = v128.load(upper + pixel);
          best = v128.bitselect(second, best, wins(second, best));
          const third = v128.load(lower);
          best = v128.bitselect(third, best, wins(third, best));
          const fourth = v128.load(lower + pixel);
          best = v128.bitselect(fourth, best, wins(fourth, best));
          if (alone || c + 16 <= pixel) v128.store(y + c, best);
          else storeLanes(y + c, best, (pixel - c) >> 2);
        }
    }
}

/** The pullback of that: each window gets its four gradients at once. */
function unpoolPairs(x: usize, dy: usize, dx: usize): void {
  const pixel: usize = 4 * width;
  const row: usize = pixel * fromWidth;
  const zero = f32x4.splat(0);
  if ((fromHeight | fromWidth) & 1) memory.fill(dx, 0, row * samples * fromHeight);
  for (let n = 0; n < samples; n++)
    for (let p = 0; p < toHeight; p++) {
      let top = row * (n * fromHeight + 2 * p);
      for (let q = 0; q < toWidth; q++, top += 2 * pixel, dy += pixel)
        for (let c = 0; c < width; c += 4) {
          const at = top + 4 * c;
          const upper = x + at;
          const lower = upper + row;
          let best = v128.load(upper);
          const second = v128.load(upper + pixel);
          const isSecond = wins(second, best);
          best = v128.bitselect(second, best, isSecond);
          const third = v128.load(lower);
          const isThird = wins(third, best);
          best = v128.bitselect(third, best, isThird);
          const isFourth = wins(v128.load(lower + pixel), best);
          const isLower = v128.or(isThird, isFourth);
          // A sum with 0, as where windows overlap: it makes -0 a +0.
          const g = f32x4.add(v128.load(dy + 4 * c), zero);
          const to = dx + at;
          storeLanes(to, v128.andnot(g, v128.or(isSecond, isLower)), width - c);
          storeLanes(to + pixel, v128.andnot(v128.and(g, isSecond), isLower), width - c);
          storeLanes(to + row, v128.andnot(v128.and(g, isThird), isFourth), width - c);
          storeLanes(to + row + pixel, v128.and(g, isFourth), width - c);
        }
    }
}

/** y = the largest (the first of equal ones, NaN being largest), or the sum in order times `scale`. */
export function pool(largest: bool, x: usize, scale: f32, y: usize): void {
  const pixelBytes: usize = 4 * width;
  const first = ownSamples();
  x += first * pixelBytes * fromHeight * fromWidth;
  y += first * pixelBytes * toHeight * toWidth;
  if (largest && arePairs()) {
    poolPairs(x, y);
    return;
  }
  const scales = f32x4.splat(scale);
  const alone = shares == 1;
  for (let n = 0; n < samples; n++)
    for (let p = 0; p < toHeight; p++) {
      const a0 = firstTap(p);
      const a1 = lastTap(p, kernelHeight, fromHeight);
      for (let q = 0; q < toWidth; q++, y += pixelBytes) {
        const b0 = firstTap(q);
        const b1 = lastTap(q, kernelWidth, fromWidth);
        const corner = x + pixelBytes * ((n * fromHeight + p * stride + a0 - padding) * fromWidth + q * stride - padding);
        for (let c: usize = 0; c < pixelBytes; c += 16) {
          let row = corner + c;
          let best = largest ? v128.load(row + pixelBytes * b0) : f32x4.splat(0);
          for (let a = a0; a < a1; a++, row += pixelBytes * fromWidth)
            for (let b = b0; b < b1; b++) {
              const value = v128.load(row + pixelBytes * b);
              best = largest ? v128.bitselect(value, best, wins(value, best)) : f32x4.add(best, value);
            }
          const value = largest ? best : f32x4.mul(best, scales);
          if (alone || c + 16 <= pixelBytes) v128.store(y + c, value);
          else storeLanes(y + c, value, (pixelBytes - c) >> 2);
        }
      }
    }
}

/** dx = dy at the largest element of each window, or dy * scale at all of them; windows are added in order. */
export function unpool(largest: bool, x: usize, dy: usize, scale: f32, dx: usize): void {
  const pixelBytes: usize = 4 * width;
  const first = ownSamples();
  x += first * pixelBytes * fromHeight * fromWidth;
  dy += first * pixelBytes * toHeight * toWidth;
  dx += first * pixelBytes * fromHeight * fromWidth;
  if (largest && arePairs()) {
    unpoolPairs(x, dy, dx);
    return;
  }
  const scales = f32x4.splat(scale);
  const alone = shares == 1;
  memory.fill(dx, 0, pixelBytes * samples * fromHeight * fromWidth);
  for (let n = 0; n < samples; n++)
    for (let p = 0; p < toHeight; p++) {
      const a0 = firstTap(p);
      const a1 = lastTap(p, kernelHeight, fromHeight);
      for (let q = 0; q < toWidth; q++, dy += pixelBytes) {
        const b0 = firstTap(q);
        const b1 = lastTap(q, kernelWidth, fromWidth);
        const corner = pixelBytes * ((n * fromHeight + p * stride + a0 - padding) * fromWidth + q * stride - padding);
        for (let c = 0; c < width; c += 4) {
          const real = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(width - c));
          let g = v128.and(v128.load(dy + 4 * c), real);
          if (!largest) g = f32x4.mul(g, scales);
          let at = corner + 4 * c;
          let place = at;
          let winner = i32x4.splat(b0);
          if (largest) {
            let best = v128.load(x + at + pixelBytes * b0);
            for (let a = a0; a < a1; a++, at += pixelBytes * fromWidth)
              for (let b = b0; b < b1; b++) {
                const value = v128.load(x + at + pixelBytes * b);
                const better = wins(value, best);
                best = v128.bitselect(value, best, better);
                winner = v128.bitselect(i32x4.splat((a - a0) * kernelWidth + b), winner, better);
              }
          }
          for (let a = a0; a < a1; a++, place += pixelBytes * fromWidth)
            for (let b = b0; b < b1; b++) {
              const to = dx + place + pixelBytes * b;
              const here = i32x4.eq(winner, i32x4.splat((a - a0) * kernelWidth + b));
              const sum = f32x4.add(v128.load(to), largest ? v128.and(g, here) : g);
              if (alone || c + 4 <= width) v128.store(to, sum);
              else storeLanes(to, sum, width - c);
            }
        }
      }
    }
}
