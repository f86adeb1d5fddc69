/**
 * @file The current convolution: its sizes, and the positions of its output's windows in a packed input.
 *
 * Forward and backward-input are the same computation. Both slide over frames: packed copies of a sample's x (forward) or dy
 * (backward-input), one per group, with zeros around it. Forward has a single phase. In backward-input, the pixels of dx whose row
 * and column have the same remainders modulo the stride form a phase; in a phase, dx is a stride-1 convolution of dy with every
 * `stride`-th row and column of the flipped kernel.
 *
 *     frame row of tap a = row of tap 0 + a     (forward)          kernel row = a
 *     frame row of tap a = row of tap 0 - a     (backward-input)   kernel row = remainder + a * stride
 */

import { endOf, firstOf } from "./share";

export let backward: bool = false;
export let samples: i32 = 0;
/** Number of the first sample of this instance's share, after `ownSamples`. */
export let firstSample: i32 = 0;
export let groups: i32 = 1;
/** Input of the product, x or dy. `depth` is the number of its channels in one group. */
export let fromHeight: i32 = 0;
export let fromWidth: i32 = 0;
export let depth: i32 = 0;
/** Output of the product, y or dx. `width` is the number of its channels in one group. */
export let toHeight: i32 = 0;
export let toWidth: i32 = 0;
export let width: i32 = 0;
export let kernelHeight: i32 = 0;
export let kernelWidth: i32 = 0;
export let stride: i32 = 1;
export let padding: i32 = 0;
/** Zeros around a frame, in pixels. */
export let above: i32 = 0;
export let below: i32 = 0;
export let left: i32 = 0;
export let right: i32 = 0;

/** Sets the sizes of x [n, h, w, i], of y [n, oh, ow, o] and of the kernel. `turned` is for backward-input. */
export function convolution(
  turned: bool,
  n: i32,
  h: i32,
  w: i32,
  i: i32,
  oh: i32,
  ow: i32,
  o: i32,
  kh: i32,
  kw: i32,
  by: i32,
  pad: i32,
  inGroups: i32,
): void {
  backward = turned;
  samples = n;
  groups = inGroups;
  kernelHeight = kh;
  kernelWidth = kw;
  stride = by;
  padding = pad;
  fromHeight = turned ? oh : h;
  fromWidth = turned ? ow : w;
  depth = (turned ? o : i) / inGroups;
  toHeight = turned ? h : oh;
  toWidth = turned ? w : ow;
  width = (turned ? i : o) / inGroups;
  above = turned ? (kh + by - 1) / by - 1 : pad;
  left = turned ? (kw + by - 1) / by - 1 : pad;
  below = turned ? max(0, (h - 1 + pad) / by - (oh - 1)) : pad;
  right = turned ? max(0, (w - 1 + pad) / by - (ow - 1)) : pad;
}

/** Restricts the samples to this instance's share, and returns the number of the first. */
export function ownSamples(): i32 {
  firstSample = firstOf(samples);
  samples = endOf(samples) - firstSample;
  return firstSample;
}

/** Restricts the samples to one. */
export function onlySample(n: i32): void {
  firstSample = n;
  samples = 1;
}

/** Number of weights, and of their gradients. `width` and `depth` are those of the forward product. */
export function weightSize(): u32 {
  return groups * width * kernelHeight * kernelWidth * depth;
}

/** Treats a depthwise convolution, described as one group, as groups of one channel. */
export function separateChannels(): void {
  groups = width;
  depth = 1;
  width = 1;
}

export function frameWidth(): i32 {
  return left + fromWidth + right;
}

/** Pixels of one frame. */
export function framePixels(): i32 {
  return (above + fromHeight + below) * frameWidth();
}

export function phases(): i32 {
  return backward ? stride * stride : 1;
}

/** Number of taps along a kernel side in the phase of a remainder. */
function taps(side: i32, rest: i32): i32 {
  return rest < side ? (side - rest + stride - 1) / stride : 0;
}

/** Number of kernel rows of a phase; 0 if it has no columns. */
export function phaseRows(phase: i32): i32 {
  if (!backward) return kernelHeight;
  return taps(kernelWidth, phase % stride) ? taps(kernelHeight, phase / stride) : 0;
}

export function phaseColumns(phase: i32): i32 {
  if (!backward) return kernelWidth;
  return phaseRows(phase) ? taps(kernelWidth, phase % stride) : 0;
}

/** Row of the kernel at tap `a` of a phase. */
export function kernelRow(phase: i32, a: i32): i32 {
  return backward ? phase / stride + a * stride : a;
}

export function kernelColumn(phase: i32, b: i32): i32 {
  return backward ? (phase % stride) + b * stride : b;
}

/**
 * The windows of outputs `first` .. `first + count` of the packed samples, in one list per phase. An entry has the pixel of the
 * window's first tap, counted over the frames of all packed samples, and the number of the output within the tile. `lists` has room
 * for `room + 4` entries of 8 bytes per phase; `lengths` receives the numbers of entries.
 */
export function windows(first: i32, count: i32, room: i32, lists: usize, lengths: usize): void {
  const all = phases();
  const listBytes: usize = 8 * (room + 4);
  memory.fill(lengths, 0, 4 * all);
  const perSample = toHeight * toWidth;
  const wide = frameWidth();
  const sampleStride = framePixels() * groups;
  let sample = first / perSample;
  let row = (first - sample * perSample) / toWidth;
  let column = first - sample * perSample - row * toWidth;
  for (let i = 0; i < count; ) {
    const run = min(count - i, toWidth - column);
    const pixel = sample * sampleStride;
    if (!backward) rowOfWindows(lists + 8 * i, i, 1, run, pixel + (row * wide + column) * stride, stride);
    else if (stride == 1) {
      const corner = (row + padding + above) * wide + column + padding + left;
      rowOfWindows(lists + 8 * i, i, 1, run, pixel + corner, 1);
    } else {
      const y = (row + padding) / stride;
      const phaseRow = (row + padding - y * stride) * stride;
      const corner = pixel + (y + above) * wide + left;
      const x = (column + padding) / stride;
      const firstRest = column + padding - x * stride;
      for (let k = 0; k < min(run, stride); k++) {
        const wraps = firstRest + k >= stride;
        const phase = phaseRow + firstRest + k - (wraps ? stride : 0);
        const length = load<i32>(lengths + 4 * phase);
        const some = (run - k + stride - 1) / stride;
        rowOfWindows(lists + listBytes * phase + 8 * length, i + k, stride, some, corner + x + <i32>wraps, 1);
        store<i32>(lengths + 4 * phase, length + some);
      }
    }
    i += run;
    column = 0;
    if (++row == toHeight) {
      row = 0;
      sample++;
    }
  }
  if (all == 1) store<i32>(lengths, count);
  for (let phase = 0; phase < all; phase++) fillUp(lists + listBytes * phase, load<i32>(lengths + 4 * phase));
}

/** Entries of `run` outputs from number `i` on, `apart` apart, whose windows are `step` pixels apart. */
function rowOfWindows(entry: usize, i: i32, apart: i32, run: i32, pixel: i32, step: i32): void {
  for (const end = entry + 8 * run; entry < end; entry += 8, i += apart, pixel += step) {
    store<i32>(entry, pixel);
    store<i32>(entry, i, 4);
  }
}

/** Repeats the last entry until a multiple of four. */
function fillUp(list: usize, length: i32): void {
  if (length == 0) return;
  for (let i = length; i & 3; i++) store<u64>(list + 8 * i, load<u64>(list + 8 * (length - 1)));
}

/** Converts the pixels of a padded list to bytes. */
export function inBytes(list: usize, length: i32, pixelBytes: usize): void {
  for (const end = list + 8 * ((length + 3) & ~3); list < end; list += 8)
    store<u32>(list, load<u32>(list) * <u32>pixelBytes);
}
