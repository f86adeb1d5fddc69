/** @file Every `stride`-th row and column with channels of zeros around the old ones, and the pullback of that. */
import { endOf, firstOf } from "./share";

/** y [n, toHeight, toWidth, outputs] of x [n, height, width, channels]. */
export function subsample(
  x: usize,
  n: i32,
  height: i32,
  width: i32,
  channels: i32,
  toHeight: i32,
  toWidth: i32,
  outputs: i32,
  stride: i32,
  before: i32,
  y: usize,
): void {
  const first = firstOf(n);
  n = endOf(n) - first;
  x += 4 * first * height * width * channels;
  y += 4 * first * toHeight * toWidth * outputs;
  memory.fill(y, 0, 4 * n * toHeight * toWidth * outputs);
  y += 4 * before;
  for (let i = 0; i < n; i++)
    for (let p = 0; p < toHeight; p++)
      for (let q = 0; q < toWidth; q++, y += 4 * outputs)
        memory.copy(y, x + 4 * ((i * height + p * stride) * width + q * stride) * channels, 4 * channels);
}

/** dx [n, height, width, channels] of dy [n, toHeight, toWidth, outputs]. */
export function supersample(
  dy: usize,
  n: i32,
  height: i32,
  width: i32,
  channels: i32,
  toHeight: i32,
  toWidth: i32,
  outputs: i32,
  stride: i32,
  before: i32,
  dx: usize,
): void {
  const first = firstOf(n);
  n = endOf(n) - first;
  dy += 4 * first * toHeight * toWidth * outputs;
  dx += 4 * first * height * width * channels;
  memory.fill(dx, 0, 4 * n * height * width * channels);
  dy += 4 * before;
  for (let i = 0; i < n; i++)
    for (let p = 0; p < toHeight; p++)
      for (let q = 0; q < toWidth; q++, dy += 4 * outputs)
        memory.copy(dx + 4 * ((i * height + p * stride) * width + q * stride) * channels, dy, 4 * channels);
}
