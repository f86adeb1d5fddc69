/**
 * @file The program of a pass: operations in postfix order, which JavaScript writes with one call each and `pass.ts` runs chunk by chunk.
 *
 * A chunk is at most 512 elements, so that what the stages hand to each other stays in the nearest cache, beside what
 * comes from memory. It covers whole rows of channels; where as many rows as end with a whole vector are longer than a chunk, it is
 * a part of one row. A vector with an entry for each channel becomes a pattern of a few rows once per pass, so that no stage knows
 * of channels.
 */
import { table, take } from "./arena";

/** Operations of a program; those up to `FloatTile` push a tensor. Arguments follow as one word each. */
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

/** Most elements of a chunk. */
export const chunkLimit: i32 = 512;
/** Elements of a pattern, unless a row is longer. */
const patternLimit: i32 = 192;

const codeBytes: usize = 16384;
/** Addresses at which the program begins and ends. */
export const code: usize = table(codeBytes);
export let end: usize = code;

/** Elements of a chunk. */
export let chunk: i32 = 0;
export let channels: i32 = 1;
/** Whether chunks are whole rows of channels. */
export let ofRows: bool = true;
/** Elements after which a pattern begins anew. */
export let period: i32 = 0;

/** Address at which the program ended with nothing but integer sums on top of the stack. */
let sums: usize = 0;
/** The one number that they are then multiplied with, if it is one. */
export let sumScale: f32 = 0;
let isOneScale: bool = false;
/** Address at which the program ended with a normalization, with which a rectifier behind it becomes one operation. */
let normalization: usize = 0;

/** Starts the program of a pass over tensors with so many channels. */
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

/** Address at which the pattern of a vector begins: `length` is 1 or the number of channels. */
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

/** The sums that a product hands over tile by tile: integers, or floats. */
export function pushTile(integers: bool): void {
  emit(integers ? Op.IntTile : Op.FloatTile);
  if (integers) sums = end;
}

/** Whether all of the program is to multiply integer sums with `sumScale`. */
export function scalesSums(): bool {
  return isOneScale && sums == code + 4 && end == sums + 4;
}

/** Either vector may have length 0: it is missing. Integer sums are scaled as they become floats. */
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
