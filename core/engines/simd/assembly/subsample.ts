/** @file Subsampling: every `stride`-th row and column, with channels of zeros around the existing ones; and its pullback. */
import { mark, release } from "./arena";
import { depth, firstSample, fromHeight, fromWidth, samples, stride, toHeight, toWidth, width } from "./geometry";
import { atOnce, finishTile, openTile } from "./sampleTiles";

/** y [.., toHeight, toWidth, width] from x [.., fromHeight, fromWidth, depth], through the pass; `before` zero channels in front. */
export function subsample(x: usize, before: i32): void {
  const start = mark();
  const tile = openTile(toHeight * toWidth * width);
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    memory.fill(tile, 0, 4 * count * toHeight * toWidth * width);
    let to = tile + 4 * before;
    for (let i = firstSample + n; i < firstSample + n + count; i++)
      for (let p = 0; p < toHeight; p++)
        for (let q = 0; q < toWidth; q++, to += 4 * width)
          memory.copy(to, x + 4 * ((i * fromHeight + p * stride) * fromWidth + q * stride) * depth, 4 * depth);
    finishTile(n, count, tile);
  }
  release(start);
}

/** dx [.., fromHeight, fromWidth, depth] from dy [.., toHeight, toWidth, width], through the pass. */
export function supersample(dy: usize, before: i32): void {
  const start = mark();
  const tile = openTile(fromHeight * fromWidth * depth);
  dy += 4 * firstSample * toHeight * toWidth * width + 4 * before;
  for (let n = 0; n < samples; n += atOnce) {
    const count = min(atOnce, samples - n);
    memory.fill(tile, 0, 4 * count * fromHeight * fromWidth * depth);
    for (let i = 0; i < count; i++)
      for (let p = 0; p < toHeight; p++)
        for (let q = 0; q < toWidth; q++, dy += 4 * width)
          memory.copy(tile + 4 * ((i * fromHeight + p * stride) * fromWidth + q * stride) * depth, dy, 4 * depth);
    finishTile(n, count, tile);
  }
  release(start);
}
