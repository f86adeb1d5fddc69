/**
 * @file The sink that sums channels: float32 over the positions of a sample in order, float64 over samples in order.
 *
 * Lanes are channels; the last vector of a row may hold lanes of the next row, which end in the slack of the accumulators.
 */
import { take } from "./arena";

let channels: i32 = 0;
let around: usize = 0;
let partFirst: usize = 0;
let partSecond: usize = 0;
let first: usize = 0;
let second: usize = 0;
let row: usize = 0;

/**
 * `pattern` repeats what is subtracted for at least one row; the sums go to `to`: channels float64, twice. With `rows` those of each
 * sample go there instead, one row of float32 after another, for `gather.ts` to add.
 */
export function beginChannelSums(width: i32, pattern: usize, to: usize, rows: usize): void {
  channels = width;
  around = pattern;
  first = to;
  second = to + 8 * width;
  row = rows;
  partFirst = take(4 * width);
  partSecond = take(4 * width);
  memory.fill(partFirst, 0, 4 * width);
  memory.fill(partSecond, 0, 4 * width);
  if (!rows) memory.fill(to, 0, 16 * width);
}

/**
 * Four channels of so many rows. Each addition waits for the one before, so `addColumns` runs two of these columns side by side.
 */
@inline
function addColumn(x: usize, other: usize, rows: i32, rowBytes: usize, at: usize): void {
  const mean = v128.load(around + at);
  let sum = v128.load(partFirst + at);
  let product = v128.load(partSecond + at);
  for (; rows > 0; rows--, x += rowBytes, other += rowBytes) {
    const value = v128.load(x);
    sum = f32x4.add(sum, value);
    product = f32x4.add(product, f32x4.mul(value, f32x4.sub(v128.load(other), mean)));
  }
  v128.store(partFirst + at, sum);
  v128.store(partSecond + at, product);
}

/** Eight channels of so many rows. */
function addColumns(x: usize, other: usize, rows: i32, rowBytes: usize, at: usize): void {
  const mean0 = v128.load(around + at);
  const mean1 = v128.load(around + at, 16);
  let sum0 = v128.load(partFirst + at);
  let sum1 = v128.load(partFirst + at, 16);
  let product0 = v128.load(partSecond + at);
  let product1 = v128.load(partSecond + at, 16);
  for (; rows > 0; rows--, x += rowBytes, other += rowBytes) {
    const value0 = v128.load(x);
    const value1 = v128.load(x, 16);
    sum0 = f32x4.add(sum0, value0);
    sum1 = f32x4.add(sum1, value1);
    product0 = f32x4.add(product0, f32x4.mul(value0, f32x4.sub(v128.load(other), mean0)));
    product1 = f32x4.add(product1, f32x4.mul(value1, f32x4.sub(v128.load(other, 16), mean1)));
  }
  v128.store(partFirst + at, sum0);
  v128.store(partFirst + at, sum1, 16);
  v128.store(partSecond + at, product0);
  v128.store(partSecond + at, product1, 16);
}

/** Adds `n` elements, whole rows from channel 0 on or a part of one row from `channel` on. */
export function addChannels(x: usize, other: usize, n: i32, channel: i32): void {
  const width = min(channels, n);
  const rows = n / width;
  const rowBytes = 4 * width;
  let c: i32 = 0;
  for (; c + 8 <= width; c += 8) addColumns(x + 4 * c, other + 4 * c, rows, rowBytes, 4 * (channel + c));
  for (; c < width; c += 4) addColumn(x + 4 * c, other + 4 * c, rows, rowBytes, 4 * (channel + c));
}

function flush(part: usize, to: usize): void {
  for (let c = 0; c < channels; c++, part += 4, to += 8) {
    store<f64>(to, load<f64>(to) + <f64>load<f32>(part));
    store<f32>(part, 0);
  }
}

/** Leaves the sums of a sample in its row. */
function leave(part: usize): void {
  memory.copy(row, part, 4 * channels);
  memory.fill(part, 0, 4 * channels);
  row += 4 * channels;
}

/** A sample ends here. */
export function endSample(): void {
  if (row) {
    leave(partFirst);
    leave(partSecond);
    return;
  }
  flush(partFirst, first);
  flush(partSecond, second);
}
