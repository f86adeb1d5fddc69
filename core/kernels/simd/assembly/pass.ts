/**
 * @file Passes: a small postfix program that JavaScript writes with one call an operation, run chunk by chunk.
 *
 * A chunk is about a thousand elements, so that what the stages hand to each other stays in the nearest cache. It covers whole
 * rows of channels; where even four rows of channels are longer than a chunk, it is a part of one row. A vector with an
 * entry for each channel becomes a pattern as long as a chunk (or row) once per pass, so that no stage knows of channels.
 *
 * Each operation works on a stack of pointers to elements. A tensor is pushed without a copy; the first result of a level goes
 * to the level's own buffer, or, on the lowest level of a pass that stores, right to where it is stored.
 */
import { mark, release, take } from "./arena";
import { addChannels, beginChannelSums, endSample } from "./channelSums";
import { beginObserve, observe } from "./observe";
import { quantize } from "./quantize";
import {
  affine,
  clip,
  clipOrdered,
  combined,
  dequantize,
  fromFloat64,
  fromInt32,
  gate,
  masked,
  scaled,
  shifted,
} from "./stages";

const enum Op {
  Dense,
  Codes,
  Int32,
  Float64,
  IntTile,
  FloatTile,
  Scale,
  Shift,
  Affine,
  Clip,
  ClipOrdered,
  Add,
  Gate,
  Mask,
  Combine,
}

const chunkLimit: i32 = 1024;
const levels: i32 = 16;
const bufferBytes: usize = 4 * chunkLimit + 192;

const codeBytes: usize = 16384;
const code: usize = memory.data(16384, 16);
const stack: usize = memory.data(64, 16);

let end: usize = code;
let start: usize = 0;
let buffers: usize = 0;
let chunk: i32 = 0;
let channels: i32 = 1;
let ofRows: bool = true;
let sampleElements: u32 = 0;

let stored: usize = 0;
let codes: usize = 0;
let inside: usize = 0;
let observing: bool = false;
let summing: bool = false;
let summedOther: bool = false;

/** Starts the program of a pass over [.., width] with so many elements in each sample. */
export function beginPass(count: u32, width: i32, perSample: u32): void {
  start = mark();
  end = code;
  channels = width;
  sampleElements = perSample;
  const rows = width & 3 ? (width & 1 ? 4 : 2) : 1;
  ofRows = rows * width <= chunkLimit;
  chunk = ofRows ? (chunkLimit / (rows * width)) * rows * width : chunkLimit;
  chunk = <i32>min<u32>(chunk, (count + 3) & ~3);
  stored = 0;
  codes = 0;
  inside = 0;
  observing = false;
  summing = false;
  summedOther = false;
  buffers = take(bufferBytes * levels);
}

/** Where the pattern of a vector begins: `length` is 1 or the number of channels. */
function pattern(vector: usize, length: i32): usize {
  const wanted: usize = 4 * (ofRows ? max(chunk, channels) : channels);
  const to = take(wanted);
  let filled: usize = 4 * length;
  memory.copy(to, vector, filled);
  while (filled < wanted) {
    const more = min(filled, wanted - filled);
    memory.copy(to + filled, to, more);
    filled += more;
  }
  return to;
}

function emit(word: usize): void {
  if (end == code + codeBytes) unreachable();
  store<usize>(end, word);
  end += 4;
}

function emitFloat(value: f32): void {
  emit(reinterpret<u32>(value));
}

export function pushDense(at: usize): void {
  emit(Op.Dense);
  emit(at);
}

export function pushCodes(at: usize, scale: f32, zero: i32): void {
  emit(Op.Codes);
  emit(at);
  emitFloat(scale);
  emit(zero);
}

export function pushInt32(at: usize): void {
  emit(Op.Int32);
  emit(at);
}

export function pushFloat64(at: usize): void {
  emit(Op.Float64);
  emit(at);
}

/** The sums that a product hands over tile by tile: integers, or floats. */
export function pushTile(integers: bool): void {
  emit(integers ? Op.IntTile : Op.FloatTile);
}

/** Either vector may have length 0: it is missing. */
export function stageAffine(scale: usize, scaleLength: i32, shift: usize, shiftLength: i32): void {
  if (scaleLength && shiftLength) {
    emit(Op.Affine);
    emit(pattern(scale, scaleLength));
    emit(pattern(shift, shiftLength));
  } else if (scaleLength) {
    emit(Op.Scale);
    emit(pattern(scale, scaleLength));
  } else if (shiftLength) {
    emit(Op.Shift);
    emit(pattern(shift, shiftLength));
  }
}

export function stageClip(lo: f32, hi: f32): void {
  const negativeZero = reinterpret<u32>(hi) == 0x80000000;
  emit(negativeZero ? Op.ClipOrdered : Op.Clip);
  emitFloat(lo);
  emitFloat(hi);
  if (!negativeZero) emitFloat(reinterpret<u32>(lo) == 0 ? <f32>0 : <f32>-0.0);
}

export function stageAdd(): void {
  emit(Op.Add);
}

export function stageGate(lo: f32, hi: f32): void {
  emit(Op.Gate);
  emitFloat(lo);
  emitFloat(hi);
}

export function stageMask(at: usize): void {
  emit(Op.Mask);
  emit(at);
}

export function stageCombine(
  scale: usize,
  scaleLength: i32,
  mean: usize,
  meanLength: i32,
  slope: usize,
  slopeLength: i32,
  shift: usize,
  shiftLength: i32,
): void {
  emit(Op.Combine);
  emit(pattern(scale, scaleLength));
  emit(pattern(mean, meanLength));
  emit(pattern(slope, slopeLength));
  emit(pattern(shift, shiftLength));
}

export function sinkStore(to: usize): void {
  stored = to;
}

/** After `beginQuantize`; `insideTo` may be 0. */
export function sinkQuantize(to: usize, insideTo: usize): void {
  codes = to;
  inside = insideTo;
}

export function sinkObserve(): void {
  observing = true;
  beginObserve();
}

/** Comes last; `other`: the program ends with the pushes and stages of a second tensor, which is `of`. */
export function sinkChannelSums(around: usize, aroundLength: i32, to: usize, other: bool): void {
  summing = true;
  summedOther = other;
  beginChannelSums(channels, pattern(around, aroundLength), to);
}

// @ts-ignore: decorator
@inline
function slot(level: i32): usize {
  return stack + 4 * level;
}

// @ts-ignore: decorator
@inline
function argument(pc: usize, n: i32): usize {
  return load<u32>(pc + 4 * n);
}

// @ts-ignore: decorator
@inline
function number(pc: usize, n: i32): f32 {
  return load<f32>(pc + 4 * n);
}

/** Runs the program for `n` elements from number `e` on, which is of channel `channel`; `tile` points to their sums. */
function execute(e: u32, n: i32, channel: i32, tile: usize): void {
  const skipped: usize = 4 * channel;
  let pc = code;
  let level = -1;
  while (pc < end) {
    const op = load<i32>(pc);
    if (op <= Op.FloatTile) level++;
    else if (op == Op.Add || op == Op.Gate || op == Op.Combine) level--;
    const x = load<usize>(slot(level));
    const other = load<usize>(slot(level + 1));
    let to = level == 0 && stored ? stored + 4 * e : buffers + bufferBytes * level;
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
      case Op.FloatTile:
        to = tile;
        pc += 4;
        break;
      case Op.Scale:
        scaled(x, to, n, argument(pc, 1) + skipped);
        pc += 8;
        break;
      case Op.Shift:
        shifted(x, to, n, argument(pc, 1) + skipped);
        pc += 8;
        break;
      case Op.Affine:
        affine(x, to, n, argument(pc, 1) + skipped, argument(pc, 2) + skipped);
        pc += 12;
        break;
      case Op.Clip:
        clip(x, to, n, number(pc, 1), number(pc, 2), number(pc, 3));
        pc += 16;
        break;
      case Op.ClipOrdered:
        clipOrdered(x, to, n, number(pc, 1), number(pc, 2));
        pc += 12;
        break;
      case Op.Add:
        shifted(x, to, n, other);
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
      case Op.Combine:
        combined(
          x,
          other,
          to,
          n,
          argument(pc, 1) + skipped,
          argument(pc, 2) + skipped,
          argument(pc, 3) + skipped,
          argument(pc, 4) + skipped,
        );
        pc += 20;
        break;
    }
    store<usize>(slot(level), to);
  }
  sink(e, n, channel);
}

function sink(e: u32, n: i32, channel: i32): void {
  const x = load<usize>(slot(0));
  if (stored && x != stored + 4 * e) memory.copy(stored + 4 * e, x, 4 * n);
  if (codes) quantize(x, codes + e, inside ? inside + e : 0, e, n);
  if (observing) observe(x, n);
  if (summing) {
    addChannels(x, summedOther ? load<usize>(slot(1)) : x, n, channel);
    if ((e + n) % sampleElements == 0) endSample();
  }
}

/** Runs the pass over `count` elements from number `e` on; `tile` points to their sums, if they are those of a product. */
export function runElements(e: u32, count: u32, tile: usize): void {
  const all = e + count;
  while (e < all) {
    let n = min<u32>(chunk, all - e);
    let channel: u32 = 0;
    if (!ofRows) {
      channel = e % channels;
      n = min<u32>(n, channels - channel);
    }
    if (summing) n = min<u32>(n, sampleElements - (e % sampleElements));
    execute(e, n, channel, tile);
    e += n;
    tile += 4 * n;
  }
}

/** Gives back the scratch of the pass. */
export function endPass(): void {
  release(start);
}
