/**
 * @file Running a pass: its program chunk by chunk, then its sinks on what remains on the stack.
 *
 * Each operation works on a stack of pointers to elements. A tensor is pushed without a copy. The first result of a level goes to
 * the level's own buffer, or, on the lowest level of a pass that stores, directly to its destination.
 */
import { table, take } from "./arena";
import { addProducts, addSquares, beginChannelSums, leftOfRun } from "./channelSums";
import { combined, combinedRows, normalized, normalizedClip, rowLimit } from "./normalize";
import { beginObserve, observe, observeSums } from "./observe";
import {
  beginProgram,
  channels,
  chunk,
  chunkLimit,
  code,
  end,
  Op,
  ofRows,
  pattern,
  period,
  scalesSums,
  sumScale,
} from "./program";
import { quantize, quantizeSums, quantizesSums } from "./quantize";
import { endOf, firstOf, shares } from "./share";
import {
  added,
  affine,
  clip,
  clipOrdered,
  dequantize,
  fromFloat64,
  fromInt32,
  gate,
  masked,
  scaled,
  scaledInt32,
  shifted,
} from "./stages";

/** Maximum number of tensors on the stack. */
const levels: i32 = 16;
const bufferBytes: usize = 4 * chunkLimit + 192;
const stack: usize = table(68);

/** Elements past the end of a tensor that a stage may write. */
const overrun: u32 = 8;

let buffers: usize = 0;
let total: u32 = 0;
/** Number of elements that may be written: those before the share of another thread. */
let limit: u32 = 0;
let sampleElements: u32 = 0;
let farthestSum: f32 = 0;

let stored: usize = 0;
let codes: usize = 0;
let inside: usize = 0;
let observing: bool = false;
let summing: bool = false;
let summedOther: bool = false;

/** Starts a pass over [.., width], with `count` elements, `perSample` per sample; takes scratch space, which the caller frees. */
export function beginPass(count: u32, width: i32, perSample: u32): void {
  beginProgram(width);
  total = count;
  limit = count + overrun;
  sampleElements = perSample;
  farthestSum = 2147483648;
  stored = 0;
  codes = 0;
  inside = 0;
  observing = false;
  summing = false;
  summedOther = false;
  buffers = take(bufferBytes * levels);
}

export function sinkStore(to: usize): void {
  stored = to;
}

/** Sink of codes at `to`, and of the gradient mask at `insideTo`, which may be 0; comes after `beginQuantize`. */
export function sinkQuantize(to: usize, insideTo: usize): void {
  codes = to;
  inside = insideTo;
}

export function sinkObserve(): void {
  observing = true;
  beginObserve();
}

/**
 * Must come last. With `other`, the program ends with the pushes and stages of a second tensor, `of`. Several threads leave the
 * sums of each run in a row of `rows`; a single thread adds them up at `to`.
 */
export function sinkChannelSums(around: usize, aroundLength: i32, to: usize, rows: usize, other: bool): void {
  summing = true;
  summedOther = other;
  const first = firstOf(total / sampleElements);
  beginChannelSums(channels, sampleElements, pattern(around, aroundLength), to, shares > 1 ? rows : 0, first);
}

@inline
function argument(pc: usize, n: i32): usize {
  return load<u32>(pc + 4 * n);
}

@inline
function number(pc: usize, n: i32): f32 {
  return load<f32>(pc + 4 * n);
}

/** Runs the program for `n` elements from number `e` on, which is of channel `channel`; `tile` points to their sums. */
function execute(e: u32, n: i32, channel: i32, tile: usize): void {
  const skipped: usize = 4 * channel;
  const direct = stored && e + n + overrun <= limit;
  const slots = stack;
  let pc = code;
  let level = -1;
  while (pc < end) {
    const op = load<i32>(pc);
    if (op <= Op.FloatTile) level++;
    else if (op == Op.Add || op == Op.Gate || op == Op.Combine) level--;
    const slot = slots + 4 * level;
    const x = load<usize>(slot);
    const other = load<usize>(slot, 4);
    let to = level == 0 && direct ? stored + 4 * e : buffers + bufferBytes * level;
    switch (op) {
      case Op.Dense:
        to = argument(pc, 1) + 4 * e;
        pc += 8;
        break;
      case Op.Codes:
        dequantize(argument(pc, 1) + e, to, n, number(pc, 2), <i32>argument(pc, 3));
        pc += 16;
        break;
      case Op.Int32:
        fromInt32(argument(pc, 1) + 4 * e, to, n);
        pc += 8;
        break;
      case Op.Float64:
        fromFloat64(argument(pc, 1) + 8 * e, to, n);
        pc += 8;
        break;
      case Op.IntTile:
        fromInt32(tile, to, n);
        pc += 4;
        break;
      case Op.ScaledTile:
        scaledInt32(tile, to, n, period, argument(pc, 1) + skipped);
        pc += 8;
        break;
      case Op.FloatTile:
        to = tile;
        pc += 4;
        break;
      case Op.Scale:
        scaled(x, to, n, period, argument(pc, 1) + skipped);
        pc += 8;
        break;
      case Op.Shift:
        shifted(x, to, n, period, argument(pc, 1) + skipped);
        pc += 8;
        break;
      case Op.Affine:
        affine(x, to, n, period, argument(pc, 1) + skipped, argument(pc, 2) + skipped);
        pc += 12;
        break;
      case Op.Normalize:
        normalized(x, to, n, period, argument(pc, 1) + skipped, argument(pc, 2) + skipped, argument(pc, 3) + skipped);
        pc += 16;
        break;
      case Op.NormalizeClip: {
        const mean = argument(pc, 1) + skipped;
        const scale = argument(pc, 2) + skipped;
        const shift = argument(pc, 3) + skipped;
        normalizedClip(x, to, n, period, mean, scale, shift, number(pc, 4), number(pc, 5), number(pc, 6));
        pc += 28;
        break;
      }
      case Op.Clip:
        clip(x, to, n, number(pc, 1), number(pc, 2), number(pc, 3));
        pc += 16;
        break;
      case Op.ClipOrdered:
        clipOrdered(x, to, n, number(pc, 1), number(pc, 2));
        pc += 12;
        break;
      case Op.Add:
        added(x, other, to, n);
        pc += 4;
        break;
      case Op.Gate:
        gate(x, other, to, n, number(pc, 1), number(pc, 2));
        pc += 12;
        break;
      case Op.Mask:
        masked(x, argument(pc, 1) + e, to, n);
        pc += 8;
        break;
      case Op.Keep:
        if (argument(pc, 1) + 4 * e != x) memory.copy(argument(pc, 1) + 4 * e, x, 4 * n);
        to = x;
        pc += 8;
        break;
      case Op.Combine: {
        const scale = argument(pc, 1) + skipped;
        const mean = argument(pc, 2) + skipped;
        const slope = argument(pc, 3) + skipped;
        const shift = argument(pc, 4) + skipped;
        if (channels <= rowLimit && (channels & 7) == 0)
          combinedRows(x, other, to, n / channels, channels, scale, mean, slope, shift);
        else combined(x, other, to, n, period, scale, mean, slope, shift);
        pc += 20;
        break;
      }
    }
    store<usize>(slot, to);
  }
  sink(e, n, channel);
}

function sink(e: u32, n: i32, channel: i32): void {
  const x = load<usize>(stack);
  if (stored && x != stored + 4 * e) memory.copy(stored + 4 * e, x, 4 * n);
  if (codes) quantize(x, codes + e, inside ? inside + e : 0, e, n);
  if (observing) observe(x, n);
  if (summing) {
    if (summedOther) addProducts(x, load<usize>(stack, 4), n, channel);
    else addSquares(x, n, channel);
  }
}

/** Whether the pass only quantizes, and perhaps observes, integer sums times a number, so that it needs no program. */
function isRounding(): bool {
  return codes && !stored && !summing && scalesSums() && quantizesSums(farthestSum, sumScale);
}

/** Sets an upper limit of the magnitudes of the sums passed to `runElements`. */
export function boundSums(farthest: f32): void {
  farthestSum = farthest;
}

/** Runs the pass over `count` elements from number `e` on; `tile` points to their sums, if they are those of a product. */
export function runElements(e: u32, count: u32, tile: usize): void {
  if (isRounding()) {
    quantizeSums(tile, sumScale, codes + e, inside ? inside + e : 0, count);
    if (observing) observeSums(tile, sumScale, count);
    return;
  }
  const all = e + count;
  while (e < all) {
    let n = min<u32>(chunk, all - e);
    let channel: u32 = 0;
    if (!ofRows) {
      channel = e % channels;
      n = min<u32>(n, channels - channel);
    }
    if (summing) n = min(n, leftOfRun);
    execute(e, n, channel, tile);
    e += n;
    tile += 4 * n;
  }
}

/** Marks the end of this instance's share: another thread computes the elements from `e` on. */
export function stopBefore(e: u32): void {
  limit = e;
}

/** Runs this instance's share of a pass over tensors in memory. */
export function runPass(): void {
  const unit = summing ? sampleElements : <u32>channels;
  const first = firstOf(total / unit) * unit;
  const end = endOf(total / unit) * unit;
  if (end < total) stopBefore(end);
  runElements(first, end - first, 0);
}
