/**
 * @file Float products with operands that are not finite, one sum after another, without taps outside of an image.
 *
 * The fast kernels multiply the zeros around an image instead, and 0 times NaN or infinity is NaN.
 */
import {
  backward,
  depth,
  fromHeight,
  fromWidth,
  groups,
  kernelHeight,
  kernelWidth,
  padding,
  samples,
  stride,
  toHeight,
  toWidth,
  weightSize,
  width,
} from "./geometry";
import { longestRun } from "./runs";
import { share } from "./share";

/** Whether all floats are finite. */
export function allFinite(x: usize, n: u32): bool {
  const limit = f32x4.splat(Infinity);
  const whole = x + 4 * (n & ~3);
  let fine = i32x4.splat(-1);
  for (; x < whole; x += 16) fine = v128.and(fine, f32x4.lt(f32x4.abs(v128.load(x)), limit));
  for (n &= 3; n > 0; n--, x += 4) if (!isFinite(load<f32>(x))) return false;
  return i32x4.all_true(fine);
}

/** Row or column of the input under tap `k` of output `at`, or -1 where there is none. */
function under(at: i32, k: i32, side: i32): i32 {
  let from = backward ? at + padding - k : at * stride + k - padding;
  if (backward) {
    if (from < 0 || from % stride) return -1;
    from /= stride;
  }
  return from < side ? max(from, -1) : -1;
}

/** Rows [groups * width] of sums for outputs `first` .. `first + count` of all samples, from unpacked tensors. */
export function carefulSums(first: i32, count: i32, x: usize, w: usize, y: usize): void {
  const perSample = toHeight * toWidth;
  for (let p = first; p < first + count; p++) {
    const sample = p / perSample;
    const row = (p % perSample) / toWidth;
    const column = p % toWidth;
    const image = x + 4 * sample * fromHeight * fromWidth * groups * depth;
    for (let m = 0; m < groups * width; m++, y += 4) {
      const g = m / width;
      let sum: f32 = 0;
      for (let a = 0; a < kernelHeight; a++) {
        const fromRow = under(row, a, fromHeight);
        if (fromRow < 0) continue;
        for (let b = 0; b < kernelWidth; b++) {
          const fromColumn = under(column, b, fromWidth);
          if (fromColumn < 0) continue;
          const pixel = image + 4 * ((fromRow * fromWidth + fromColumn) * groups * depth + g * depth);
          const tap = a * kernelWidth + b;
          for (let k = 0; k < depth; k++) {
            const place = backward
              ? ((g * depth + k) * kernelHeight * kernelWidth + tap) * width + (m % width)
              : (m * kernelHeight * kernelWidth + tap) * depth + k;
            sum += load<f32>(pixel + 4 * k) * load<f32>(w + 4 * place);
          }
        }
      }
      store<f32>(y, sum);
    }
  }
}

/** The weight gradient on the first of all threads; the others, whose sums follow, have none. */
export function ownCarefully(dy: usize, x: usize, to: usize): void {
  if (share) memory.fill(to + 8 * share * weightSize(), 0, 8 * weightSize());
  else carefulWeightGradient(dy, x, to);
}

/** Weight gradient in float64 at `to`: dw [O, KH, KW, I / groups]. `width` and `depth` are those of the forward product. */
function carefulWeightGradient(dy: usize, x: usize, to: usize): void {
  const outputs = groups * width;
  const channels = groups * depth;
  const perSample = toHeight * toWidth;
  for (let o = 0; o < outputs; o++)
    for (let a = 0; a < kernelHeight; a++)
      for (let b = 0; b < kernelWidth; b++)
        for (let k = 0; k < depth; k++, to += 8) {
          let total: f64 = 0;
          for (let n = 0; n < samples; n++) {
            let sum: f32 = 0;
            for (let p = 0; p < perSample; p++) {
              if (p % longestRun == 0) {
                total += <f64>sum;
                sum = 0;
              }
              const fromRow = under(p / toWidth, a, fromHeight);
              const fromColumn = under(p % toWidth, b, fromWidth);
              if (fromRow < 0 || fromColumn < 0) continue;
              const g = load<f32>(dy + 4 * ((n * perSample + p) * outputs + o));
              const pixel = ((n * fromHeight + fromRow) * fromWidth + fromColumn) * channels;
              sum += g * load<f32>(x + 4 * (pixel + (o / width) * depth + k));
            }
            total += <f64>sum;
          }
          store<f64>(to, total);
        }
}
