/**
 * @file The program of a pass: operations in postfix order, written by JavaScript with one call each, and run by `pass.ts` chunk by
 *   chunk.
 *
 * A chunk has at most 512 elements, so that intermediate results of the stages stay in the nearest cache. It covers whole rows of
 * channels; if the smallest number of rows that ends with a whole vector is longer than a chunk, it is a part of one row. A vector
 * with an entry per channel becomes a pattern of a few rows once per pass, so that stages need not know about channels.
 */
import { table, take } from "./arena";

/** Operations of a program; those up to `FloatTile` push a tensor. Each argument follows as one word. */
export const enum Op {
  Dense,
  Codes,
  Int32,
  Float64,
  IntTile,
  ScaledTile,
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
  Keep,
  Normalize,
  NormalizeClip,
}

/** Maximum number of elements of a chunk. */
export const chunkLimit: i32 = 512;
/** Elements of a pattern, unless a row is longer. */
const patternLimit: i32 = 192;

const codeBytes: usize = 16384;
/** Addresses of the beginning and end of the program. */
export const code: usize = table(codeBytes);
export let end: usize = code;

/** Elements of a chunk. */
export let chunk: i32 = 0;
export let channels: i32 = 1;
/** Whether chunks are whole rows of channels. */
export let ofRows: bool = true;
/** Number of elements after which a pattern repeats. */
export let period: i32 = 0;

/** Address at which the program ended with only integer sums on top of the stack. */
let sums: usize = 0;
/** The single factor of those sums, if there is one. */
export let sumScale: f32 = 0;
let isOneScale: bool = false;
/** Address at which the program ended with a normalization, which is merged with a rectifier behind it. */
let normalization: usize = 0;

/** Starts the program of a pass over tensors with `width` channels. */
export function beginProgram(width: i32): void {
  end = code;
  sums = 0;
  normalization = 0;
  isOneScale = false;
  channels = width;
  let rows = width;
  while (rows & 15 && 2 * rows <= chunkLimit) rows *= 2;
  ofRows = rows <= chunkLimit && (rows & 3) == 0;
  chunk = ofRows ? (chunkLimit / rows) * rows : chunkLimit;
  period = ofRows ? max(patternLimit / rows, 1) * rows : chunkLimit;
}

/** Address of the pattern of a vector; `length` is 1 or the number of channels. */
export function pattern(vector: usize, length: i32): usize {
  const wanted: usize = 4 * (ofRows ? period : channels);
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

/** The sums that a product passes on tile by tile, as integers or floats. */
export function pushTile(integers: bool): void {
  emit(integers ? Op.IntTile : Op.FloatTile);
  if (integers) sums = end;
}

/** Whether the whole program is a multiplication of integer sums by `sumScale`. */
export function scalesSums(): bool {
  return isOneScale && sums == code + 4 && end == sums + 4;
}

/** A vector of length 0 is absent. Integer sums are scaled when they are converted to floats. */
export function stageAffine(scale: usize, scaleLength: i32, shift: usize, shiftLength: i32): void {
  if (scaleLength && shiftLength) {
    emit(Op.Affine);
    emit(pattern(scale, scaleLength));
    emit(pattern(shift, shiftLength));
  } else if (scaleLength) {
    if (end == sums) {
      end -= 4;
      emit(Op.ScaledTile);
      isOneScale = scaleLength == 1;
      sumScale = load<f32>(scale);
    } else emit(Op.Scale);
    emit(pattern(scale, scaleLength));
  } else if (shiftLength) {
    emit(Op.Shift);
    emit(pattern(shift, shiftLength));
  }
}

export function stageClip(lo: f32, hi: f32): void {
  const negativeZero = reinterpret<u32>(hi) == 0x80000000;
  if (end == normalization && !negativeZero) store<usize>(end - 16, Op.NormalizeClip);
  else emit(negativeZero ? Op.ClipOrdered : Op.Clip);
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

export function stageKeep(at: usize): void {
  emit(Op.Keep);
  emit(at);
}

export function stageNormalize(
  mean: usize,
  meanLength: i32,
  scale: usize,
  scaleLength: i32,
  shift: usize,
  shiftLength: i32,
): void {
  emit(Op.Normalize);
  emit(pattern(mean, meanLength));
  emit(pattern(scale, scaleLength));
  emit(pattern(shift, shiftLength));
  normalization = end;
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
