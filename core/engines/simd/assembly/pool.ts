/**
 * @file Pooling and its pullback over NHWC, with channels as lanes. Taps outside of an image are skipped.
 *
 * Windows are written in ascending order, so lanes past the last channel are overwritten by the next window, or have no effect.
 */
import { mark, release } from "./arena";
import {
  firstSample,
  fromHeight,
  fromWidth,
  kernelHeight,
  kernelWidth,
  padding,
  samples,
  stride,
  toHeight,
  toWidth,
  width,
} from "./geometry";
import { storeLanes } from "./lanes";
import { longestRun } from "./runs";
import { atOnce, finishTile, openTile } from "./sampleTiles";

/** First tap inside a side, and last + 1. */
@inline
function firstTap(at: i32): i32 {
  return max(0, padding - at * stride);
}

@inline
function lastTap(at: i32, kernel: i32, side: i32): i32 {
  return min(kernel, side + padding - at * stride);
}

/** Mask of where x is larger than best, or the first NaN. */
@inline
function wins(x: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(x, best));
}

/** Whether windows are 2x2 and do not overlap, as in most networks. */
function arePairs(): bool {
  return kernelHeight == 2 && kernelWidth == 2 && stride == 2 && padding == 0;
}

/** The maximum of such windows, for `count` samples. */
function poolPairs(x: usize, y: usize, count: i32): void {
  const pixel: usize = 4 * width;
  const row: usize = pixel * fromWidth;
  for (let n = 0; n < count; n++)
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
          v128.store(y + c, best);
        }
    }
}

/** The pullback of that: each window gets its four gradients at once. */
function unpoolPairs(x: usize, dy: usize, dx: usize, count: i32): void {
  const pixel: usize = 4 * width;
  const row: usize = pixel * fromWidth;
  const zero = f32x4.splat(0);
  if ((fromHeight | fromWidth) & 1) memory.fill(dx, 0, row * count * fromHeight);
  for (let n = 0; n < count; n++)
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
          // A sum with 0, as for overlapping windows: it turns -0 into +0.
          const g = f32x4.add(v128.load(dy + 4 * c), zero);
          const to = dx + at;
          storeLanes(to, v128.andnot(g, v128.or(isSecond, isLower)), width - c);
          storeLanes(to + pixel, v128.andnot(v128.and(g, isSecond), isLower), width - c);
          storeLanes(to + row, v128.andnot(v128.and(g, isThird), isFourth), width - c);
          storeLanes(to + row + pixel, v128.and(g, isFourth), width - c);
        }
    }
}

/** The largest of the elements under `rows` rows of `columns` taps, for four channels. */
function largestOf(at: usize, rows: i32, columns: i32, rowBytes: usize, pixelBytes: usize): v128 {
  let best = v128.load(at);
  for (; rows > 0; rows--, at += rowBytes)
    for (let b = 0; b < columns; b++) {
      const value = v128.load(at + pixelBytes * b);
      best = v128.bitselect(value, best, wins(value, best));
    }
  return best;
}

/** Their sum, in runs (`runs.ts`), rounded once. */
function sumOf(at: usize, rows: i32, columns: i32, rowBytes: usize, pixelBytes: usize): v128 {
  let low = f64x2.splat(0);
  let high = low;
  let sum = f32x4.splat(0);
  let left = longestRun;
  for (; rows > 0; rows--, at += rowBytes)
    for (let b = 0; b < columns; b++, left--) {
      if (left == 0) {
        low = f64x2.add(low, f64x2.promote_low_f32x4(sum));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(sum, sum, 1, 1)));
        sum = f32x4.splat(0);
        left = longestRun;
      }
      sum = f32x4.add(sum, v128.load(at + pixelBytes * b));
    }
  low = f64x2.add(low, f64x2.promote_low_f32x4(sum));
  high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(sum, sum, 1, 1)));
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** y = the maximum (the first of equal ones, NaN being largest), or the sum times `scale`, for `count` samples. */
function poolSamples(largest: bool, x: usize, scale: f32, y: usize, count: i32): void {
  const pixelBytes: usize = 4 * width;
  const rowBytes = pixelBytes * fromWidth;
  const scales = f32x4.splat(scale);
  for (let n = 0; n < count; n++)
    for (let p = 0; p < toHeight; p++) {
      const a0 = firstTap(p);
      const rows = lastTap(p, kernelHeight, fromHeight) - a0;
      const top = x + rowBytes * (n * fromHeight + p * stride + a0 - padding);
      for (let q = 0; q < toWidth; q++, y += pixelBytes) {
        const b0 = firstTap(q);
        const columns = lastTap(q, kernelWidth, fromWidth) - b0;
        const corner = top + pixelBytes * (q * stride + b0 - padding);
        for (let c: usize = 0; c < pixelBytes; c += 16) {
          const pooled = largest
            ? largestOf(corner + c, rows, columns, rowBytes, pixelBytes)
            : f32x4.mul(sumOf(corner + c, rows, columns, rowBytes, pixelBytes), scales);
          v128.store(y + c, pooled);
        }
      }
    }
}

/** dx = dy at the maximum of each window, or dy * scale at all of its elements, with windows added in order, for `count` samples. */
function unpoolSamples(largest: bool, x: usize, dy: usize, scale: f32, dx: usize, count: i32): void {
  const pixelBytes: usize = 4 * width;
  const scales = f32x4.splat(scale);
  memory.fill(dx, 0, pixelBytes * count * fromHeight * fromWidth);
  for (let n = 0; n < count; n++)
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
              v128.store(to, f32x4.add(v128.load(to), largest ? v128.and(g, here) : g));
            }
        }
      }
    }
}

/** Pools this instance's share of x, through the pass. `scale` is the factor of sums; a pool that is not `largest` is a mean. */
export function pool(largest: bool, x: usize, scale: f32): void {
  const start = mark();
  const tile = openTile(toHeight * toWidth * width);
  const pairs = largest && arePairs();
  const sampleBytes: usize = 4 * fromHeight * fromWidth * width;
  x += sampleBytes * firstSample;
  for (let n = 0; n < samples; n += atOnce, x += sampleBytes * atOnce) {
    const count = min(atOnce, samples - n);
    if (pairs) poolPairs(x, tile, count);
    else poolSamples(largest, x, scale, tile, count);
    finishTile(n, count, tile);
  }
  release(start);
}

/** The pullback of that, from x and the gradient of the pool. */
export function unpool(largest: bool, x: usize, dy: usize, scale: f32): void {
  const start = mark();
  const tile = openTile(fromHeight * fromWidth * width);
  const pairs = largest && arePairs();
  const sampleBytes: usize = 4 * fromHeight * fromWidth * width;
  const pooledBytes: usize = 4 * toHeight * toWidth * width;
  x += sampleBytes * firstSample;
  dy += pooledBytes * firstSample;
  for (let n = 0; n < samples; n += atOnce, x += sampleBytes * atOnce, dy += pooledBytes * atOnce) {
    const count = min(atOnce, samples - n);
    if (pairs) unpoolPairs(x, dy, tile, count);
    else unpoolSamples(largest, x, dy, scale, tile, count);
    finishTile(n, count, tile);
  }
  release(start);
}
