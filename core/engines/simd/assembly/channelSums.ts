/**
 * @file The sink that sums channels: float32 over runs of the positions of a sample (`runs.ts`), float64 over runs in order.
 *
 * Lanes are channels. The last vector of a row may contain lanes of the next row, which end in the slack of the accumulators.
 */
import { take } from "./arena";
import { flushFloats } from "./flush";
import { longestRun } from "./runs";

let channels: i32 = 0;
let around: usize = 0;
let partFirst: usize = 0;
let partSecond: usize = 0;
let first: usize = 0;
let second: usize = 0;
let row: usize = 0;

/** Number of elements of a sample, and of a full run; then the numbers of elements missing from the current sample and run. */
let sampleElements: u32 = 0;
let longest: u32 = 0;
let leftOfSample: u32 = 0;
export let leftOfRun: u32 = 0;

/**
 * `pattern` repeats the subtracted values for at least one row. The sums go to `to`: float64 per channel, twice. With `rows`, those
 * of each run go there instead, one float32 row after another, for `gather.ts` to add; sample number `sample` is the first.
 */
export function beginChannelSums(
  width: i32,
  perSample: u32,
  pattern: usize,
  to: usize,
  rows: usize,
  sample: u32,
): void {
  sampleElements = perSample;
  longest = longestRun * width;
  leftOfSample = perSample;
  leftOfRun = min(longest, perSample);
  channels = width;
  around = pattern;
  first = to;
  second = to + 8 * width;
  row = rows ? rows + 8 * width * sample * ((perSample + longest - 1) / longest) : 0;
  partFirst = take(4 * width);
  partSecond = take(4 * width);
  memory.fill(partFirst, 0, 4 * width);
  memory.fill(partSecond, 0, 4 * width);
  if (!rows) memory.fill(to, 0, 16 * width);
}

/** Factor of four numbers in the second sum: their distance from the mean if `own`, else themselves. */
@inline
function valueOf(x: v128, mean: v128, own: bool): v128 {
  return own ? f32x4.sub(x, mean) : x;
}

@inline
function productOf(value: v128, other: usize, mean: v128, own: bool): v128 {
  return f32x4.mul(value, own ? value : f32x4.sub(v128.load(other), mean));
}

/**
 * Four channels of a number of rows. Each addition depends on the one before, so `addColumns` runs two of these columns side by
 * side.
 */
@inline
function addColumn(x: usize, other: usize, rows: i32, rowBytes: usize, at: usize, own: bool): void {
  const mean = v128.load(around + at);
  let sum = v128.load(partFirst + at);
  let product = v128.load(partSecond + at);
  for (; rows > 0; rows--, x += rowBytes, other += rowBytes) {
    const value = valueOf(v128.load(x), mean, own);
    sum = f32x4.add(sum, value);
    product = f32x4.add(product, productOf(value, other, mean, own));
  }
  v128.store(partFirst + at, sum);
  v128.store(partSecond + at, product);
}

/** Eight channels of a number of rows. */
@inline
function addColumns(x: usize, other: usize, rows: i32, rowBytes: usize, at: usize, own: bool): void {
  const mean0 = v128.load(around + at);
  const mean1 = v128.load(around + at, 16);
  let sum0 = v128.load(partFirst + at);
  let sum1 = v128.load(partFirst + at, 16);
  let product0 = v128.load(partSecond + at);
  let product1 = v128.load(partSecond + at, 16);
  for (; rows > 0; rows--, x += rowBytes, other += rowBytes) {
    const value0 = valueOf(v128.load(x), mean0, own);
    const value1 = valueOf(v128.load(x, 16), mean1, own);
    sum0 = f32x4.add(sum0, value0);
    sum1 = f32x4.add(sum1, value1);
    product0 = f32x4.add(product0, productOf(value0, other, mean0, own));
    product1 = f32x4.add(product1, productOf(value1, other + 16, mean1, own));
  }
  v128.store(partFirst + at, sum0);
  v128.store(partFirst + at, sum1, 16);
  v128.store(partSecond + at, product0);
  v128.store(partSecond + at, product1, 16);
}

@inline
function addRows(x: usize, other: usize, width: i32, rows: i32, channel: i32, own: bool): void {
  const rowBytes: usize = 4 * width;
  let c: i32 = 0;
  for (; c + 8 <= width; c += 8) addColumns(x + 4 * c, other + 4 * c, rows, rowBytes, 4 * (channel + c), own);
  for (; c < width; c += 4) addColumn(x + 4 * c, other + 4 * c, rows, rowBytes, 4 * (channel + c), own);
}

/** Adds `n` elements of the run, whole rows from channel 0 on or a part of one row from `channel` on. */
export function addSquares(x: usize, n: i32, channel: i32): void {
  const width = min(channels, n);
  addRows(x, x, width, n / width, channel, true);
  summed(n);
}

/** The same, with as many of another tensor. */
export function addProducts(x: usize, other: usize, n: i32, channel: i32): void {
  const width = min(channels, n);
  addRows(x, other, width, n / width, channel, false);
  summed(n);
}

/** Stores the sums of a run in its row. */
function storePart(part: usize): void {
  memory.copy(row, part, 4 * channels);
  memory.fill(part, 0, 4 * channels);
  row += 4 * channels;
}

/** Records that `n` elements of the run have been summed. */
function summed(n: u32): void {
  leftOfRun -= n;
  leftOfSample -= n;
  if (leftOfRun) return;
  endRun();
  if (!leftOfSample) leftOfSample = sampleElements;
  leftOfRun = min(longest, leftOfSample);
}

function endRun(): void {
  if (row) {
    storePart(partFirst);
    storePart(partSecond);
    return;
  }
  flushFloats(partFirst, 1, channels, channels, first);
  flushFloats(partSecond, 1, channels, channels, second);
}
