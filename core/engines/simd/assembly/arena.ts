/**
 * @file Memory: what a step leaves behind grows from the bottom, what lives as long as the engine grows down from the top.
 *
 *     | tables | step ...  ->        free        <-  ... kept |
 *
 * Several instances can work over one memory: each has tables of its own, which begin at `home`, and what others take their
 * scratch from is lent to them from the upper end of what is free.
 *
 * Every allocation is aligned to 64 bytes and followed by 64 bytes of slack, so that kernels may read and write whole vectors
 * past the end of a tensor. Kernels take their scratch from the same arena and release it before they return.
 */

const slack: usize = 64;

/** Throws in JavaScript: there is no room for so many bytes. */
@external("env", "refuse")
declare function refuse(wanted: u32): void;

/** Address at which the tables of this instance begin; 0: behind the constants that all instances share. */
@external("env", "home")
declare const home: usize;

const firstTable: usize = home ? home : (__heap_base + 63) & ~63;
let nextTable: usize = firstTable;
let first: usize = 0;
let bottom: usize = 0;
let highest: usize = 0;
let top: usize = 0;
let last: usize = 0;
let lent: usize = 0;

/** Room for a table that lives as long as the instance; its place is a multiple of 16. */
export function table(bytes: usize): usize {
  const at = nextTable;
  nextTable += (bytes + 15) & ~15;
  return at;
}

/** Address at which the tables of this instance end, which take as many bytes in every other. */
export function tablesEnd(): usize {
  return (nextTable + 63) & ~63;
}

export function tableBytes(): usize {
  return tablesEnd() - firstTable;
}

function sized(bytes: usize): usize {
  return (bytes + slack + 63) & ~63;
}

/** Says between which places the arena lies, and empties it. */
export function open(from: usize, to: usize): void {
  first = (from + 63) & ~63;
  bottom = first;
  highest = first;
  last = to & ~63;
  top = last;
  lent = 0;
}

/** Leaves so many bytes, a multiple of 64, at the upper end of what is free to others, and says where they begin; 0 takes them back. */
export function lend(bytes: usize): usize {
  top = top + lent - bytes;
  lent = bytes;
  return top;
}

/** Bytes that live until the step ends, or until `release`. */
export function take(bytes: usize): usize {
  const size = sized(bytes);
  if (size > top - bottom) refuse(<u32>bytes);
  const at = bottom;
  bottom += size;
  highest = max(highest, bottom);
  return at;
}

/** Bytes of zeros that live as long as the engine. */
export function keep(bytes: usize): usize {
  const size = sized(bytes);
  if (size > top - bottom) refuse(<u32>bytes);
  top -= size;
  memory.fill(top, 0, size);
  return top;
}

/** Address at which the arena ends now. */
export function mark(): usize {
  return bottom;
}

/** Gives back what was taken since `mark`. */
export function release(at: usize): void {
  bottom = at;
}

/** Gives back all that the step has taken. */
export function reset(): void {
  bottom = first;
  highest = first;
}

/** Most bytes that were taken at one moment of this step. */
export function stepBytes(): usize {
  return highest - first;
}

/** Bytes kept for good. */
export function keptBytes(): usize {
  return last - top;
}

/** Bytes that one more allocation can have. */
export function freeBytes(): usize {
  const free = top - bottom;
  return free > 2 * slack ? free - 2 * slack : 0;
}
