/**
 * @file Float32 weight gradients: float32 over runs of the positions of a sample (`runs.ts`), float64 over runs in order.
 *
 * Lanes run along a kernel row (kw, i); sums of four outputs by eight of those stay in registers. Zeros around a frame add +-0,
 * which does not change a sum if dy is finite.
 */
import { mark, release, take } from "./arena";
import { allFinite, ownCarefully } from "./carefulProduct";
import { packSamples } from "./frame";
import {
  depth,
  framePixels,
  frameWidth,
  fromHeight,
  fromWidth,
  groups,
  inBytes,
  kernelHeight,
  kernelWidth,
  padding,
  samples,
  toHeight,
  toWidth,
  weightSize,
  width,
  windows,
} from "./geometry";
import { addTo } from "./lanes";
import { longestRun } from "./runs";
import { isOwn, share } from "./share";

@inline
function add(sum: v128, x: v128, g: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, g));
}

/** Four outputs by 8 sums over the positions of a run, added to float64 totals at `to`, `outputBytes` from output to output. */
function runByEight(
  list: usize,
  positions: i32,
  x: usize,
  dy: usize,
  dyBytes: usize,
  to: usize,
  outputBytes: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (; positions > 0; positions--, list += 8, dy += dyBytes) {
    const at = x + load<u32>(list);
    const low = v128.load(at);
    const high = v128.load(at, 16);
    let g = v128.load32_splat(dy);
    a0 = add(a0, low, g);
    a1 = add(a1, high, g);
    g = v128.load32_splat(dy, 4);
    b0 = add(b0, low, g);
    b1 = add(b1, high, g);
    g = v128.load32_splat(dy, 8);
    c0 = add(c0, low, g);
    c1 = add(c1, high, g);
    g = v128.load32_splat(dy, 12);
    d0 = add(d0, low, g);
    d1 = add(d1, high, g);
  }
  addTo(to, a0);
  addTo(to + 32, a1);
  to += outputBytes;
  addTo(to, b0);
  addTo(to + 32, b1);
  to += outputBytes;
  addTo(to, c0);
  addTo(to + 32, c1);
  to += outputBytes;
  addTo(to, d0);
  addTo(to + 32, d1);
}

/** Whether the four outputs from `o` on belong to this instance's share. */
@inline
function isOwnBlock(g: i32, o: i32): bool {
  const blocks = (width + 3) >> 2;
  return isOwn(g * blocks + (o >> 2), groups * blocks);
}

/**
 * Sums as float64 at `to`: dw [O, KH, KW, I / groups] for the current convolution as a forward one. Sums of several threads follow
 * each other; the order of samples matters, so each thread computes its own outputs over all samples, and has 0 for the others.
 */
export function floatWeightGradient(dy: usize, x: usize, to: usize): void {
  const outputs = groups * width;
  const perSample = toHeight * toWidth;
  if (padding && !allFinite(dy, <u32>samples * perSample * outputs)) {
    ownCarefully(dy, x, to);
    return;
  }
  const start = mark();
  to += 8 * share * weightSize();
  memory.fill(to, 0, 8 * outputs * kernelHeight * kernelWidth * depth);
  const row = kernelWidth * depth;
  const rowPadded = (row + 7) & ~7;
  const outputsPadded = (width + 3) & ~3;
  const outputBytes: usize = 8 * kernelHeight * rowPadded;
  const totals = take(outputBytes * groups * outputsPadded);
  memory.fill(totals, 0, outputBytes * groups * outputsPadded);
  const packed = take(4 * depth * framePixels() * groups);
  const list = take(8 * (longestRun + 4));
  const length = take(4);
  const fromBytes: usize = 4 * fromHeight * fromWidth * groups * depth;
  for (let n = 0; n < samples; n++) {
    packSamples(x + fromBytes * n, packed, 1, depth, 4, 0);
    for (let first = 0; first < perSample; first += longestRun) {
      const positions = min(longestRun, perSample - first);
      if (n == 0 || positions < perSample) {
        windows(first, positions, longestRun, list, length);
        inBytes(list, positions, 4 * depth);
      }
      addRun(list, positions, packed, dy + 4 * (n * perSample + first) * outputs, totals, outputBytes);
    }
  }
  for (let g = 0; g < groups; g++) {
    let from = totals + outputBytes * g * outputsPadded;
    for (let r = 0; r < width * kernelHeight; r++, from += 8 * rowPadded, to += 8 * row) memory.copy(to, from, 8 * row);
  }
  release(start);
}

/** Adds the products of a run of positions to the totals of this instance's outputs. */
function addRun(list: usize, positions: i32, packed: usize, dy: usize, totals: usize, outputBytes: usize): void {
  const row = kernelWidth * depth;
  const pixelBytes: usize = 4 * depth;
  const frameBytes: usize = pixelBytes * framePixels();
  const outputsPadded = (width + 3) & ~3;
  const dyBytes: usize = 4 * groups * width;
  for (let g = 0; g < groups; g++)
    for (let o = 0; o < width; o += 4) {
      if (!isOwnBlock(g, o)) continue;
      const outputDy = dy + 4 * (g * width + o);
      let place = totals + outputBytes * (g * outputsPadded + o);
      for (let a = 0; a < kernelHeight; a++) {
        const frame = packed + frameBytes * g + pixelBytes * a * frameWidth();
        for (let i = 0; i < row; i += 8, place += 64)
          runByEight(list, positions, frame + 4 * i, outputDy, dyBytes, place, outputBytes);
      }
    }
}
