/**
 * @file Float32 weight gradients: the positions of one sample in order in float32, samples in order in float64.
 *
 * Lanes run along a kernel row (kw, i); four outputs by eight of those are held in registers. Zeros around a frame add
 * +-0, which changes no sum as long as dy is finite.
 */
import { mark, release, take } from "./arena";
import { allFinite, ownCarefully } from "./carefulProduct";
import { flushFloats } from "./flush";
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
import { isOwn, share } from "./share";

const band: i32 = 128;

@inline
function add(sum: v128, x: v128, g: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, g));
}

/** Continues four outputs by 8 sums at `to` over the positions in `list`; see `integerWeightGradient.ts`. */
function fourByEight(
  list: usize,
  positions: i32,
  x: usize,
  dy: usize,
  dyBytes: usize,
  to: usize,
  outputBytes: usize,
): void {
  const toB = to + outputBytes;
  const toC = toB + outputBytes;
  const toD = toC + outputBytes;
  let a0 = v128.load(to);
  let a1 = v128.load(to, 16);
  let b0 = v128.load(toB);
  let b1 = v128.load(toB, 16);
  let c0 = v128.load(toC);
  let c1 = v128.load(toC, 16);
  let d0 = v128.load(toD);
  let d1 = v128.load(toD, 16);
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
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(toB, b0);
  v128.store(toB, b1, 16);
  v128.store(toC, c0);
  v128.store(toC, c1, 16);
  v128.store(toD, d0);
  v128.store(toD, d1, 16);
}

/** Adds four float32 sums to four float64 totals. */
@inline
function addTo(to: usize, sum: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(sum)));
  const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(sum, sum, 1, 1));
  v128.store(to, f64x2.add(v128.load(to, 16), high), 16);
}

/** Four outputs by 8 sums over all positions of a sample, added to float64 totals at `to`, `outputBytes` from output to output. */
function sampleByEight(
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

/** Whether the four outputs from `o` on are of this instance's share. */
@inline
function isOwnBlock(g: i32, o: i32): bool {
  const blocks = (width + 3) >> 2;
  return isOwn(g * blocks + (o >> 2), groups * blocks);
}

/**
 * Sums as float64 at `to`: dw [O, KH, KW, I / groups], for the convolution at hand as a forward one. Those of several threads follow
 * each other; as the order of samples matters, each computes those of its outputs over all of them, and has 0 for the others.
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
  const packed = take(4 * depth * framePixels() * groups);
  const list = take(8 * (band + 4));
  const length = take(4);
  if (perSample <= band) sampleAtOnce(dy, x, packed, list, length, to);
  else inBands(dy, x, packed, list, length, to);
  release(start);
}

/** Samples of so few positions that their sums stay in registers. */
function sampleAtOnce(dy: usize, x: usize, packed: usize, list: usize, length: usize, to: usize): void {
  const outputs = groups * width;
  const perSample = toHeight * toWidth;
  const run = kernelWidth * depth;
  const runPadded = (run + 7) & ~7;
  const outputsPadded = (width + 3) & ~3;
  const outputBytes: usize = 8 * kernelHeight * runPadded;
  const totals = take(outputBytes * groups * outputsPadded);
  memory.fill(totals, 0, outputBytes * groups * outputsPadded);
  const pixelBytes: usize = 4 * depth;
  const frameBytes: usize = pixelBytes * framePixels();
  const fromBytes: usize = 4 * fromHeight * fromWidth * groups * depth;
  windows(0, perSample, band, list, length);
  inBytes(list, perSample, pixelBytes);
  for (let n = 0; n < samples; n++) {
    packSamples(x + fromBytes * n, packed, 1, depth, 4, 0);
    for (let g = 0; g < groups; g++)
      for (let o = 0; o < width; o += 4) {
        if (!isOwnBlock(g, o)) continue;
        const sampleDy = dy + 4 * (n * perSample * outputs + g * width + o);
        let place = totals + outputBytes * (g * outputsPadded + o);
        for (let a = 0; a < kernelHeight; a++) {
          const frame = packed + frameBytes * g + pixelBytes * a * frameWidth();
          for (let i = 0; i < run; i += 8, place += 64)
            sampleByEight(list, perSample, frame + 4 * i, sampleDy, 4 * outputs, place, outputBytes);
        }
      }
  }
  for (let g = 0; g < groups; g++) {
    let from = totals + outputBytes * g * outputsPadded;
    for (let r = 0; r < width * kernelHeight; r++, from += 8 * runPadded, to += 8 * run)
      memory.copy(to, from, 8 * run);
  }
}

function inBands(dy: usize, x: usize, packed: usize, list: usize, length: usize, to: usize): void {
  const outputs = groups * width;
  const perSample = toHeight * toWidth;
  const run = kernelWidth * depth;
  const runPadded = (run + 7) & ~7;
  const outputsPadded = (width + 3) & ~3;
  const outputBytes: usize = 4 * kernelHeight * runPadded;
  const sums = take(outputBytes * groups * outputsPadded);
  memory.fill(sums, 0, outputBytes * groups * outputsPadded);
  const pixelBytes: usize = 4 * depth;
  const frameBytes: usize = pixelBytes * framePixels();
  const fromBytes: usize = 4 * fromHeight * fromWidth * groups * depth;
  for (let n = 0; n < samples; n++) {
    packSamples(x + fromBytes * n, packed, 1, depth, 4, 0);
    for (let first = 0; first < perSample; first += band) {
      const positions = min(band, perSample - first);
      windows(first, positions, band, list, length);
      inBytes(list, positions, pixelBytes);
      for (let g = 0; g < groups; g++)
        for (let o = 0; o < width; o += 4) {
          if (!isOwnBlock(g, o)) continue;
          const bandDy = dy + 4 * ((n * perSample + first) * outputs + g * width + o);
          let place = sums + outputBytes * (g * outputsPadded + o);
          for (let a = 0; a < kernelHeight; a++) {
            const frame = packed + frameBytes * g + pixelBytes * a * frameWidth();
            for (let i = 0; i < run; i += 8, place += 32)
              fourByEight(list, positions, frame + 4 * i, bandDy, 4 * outputs, place, outputBytes);
          }
        }
    }
    for (let g = 0; g < groups; g++)
      flushFloats(
        sums + outputBytes * g * outputsPadded,
        width * kernelHeight,
        run,
        runPadded,
        to + 8 * g * width * kernelHeight * run,
      );
  }
}
