/**
 * @file Memory: allocations of a step grow from the bottom, those that live as long as the engine grow down from the top.
 *
 *     | tables | step ...  ->        free        <-  ... kept |
 *
 * Several instances can work on one memory. Each has its own tables, which begin at `home`; scratch space for the others is lent to
 * them from the upper end of the free memory.
 *
 * Every allocation is aligned to 64 bytes and followed by 64 bytes of slack, so that kernels may read and write whole vectors past
 * the end of a tensor. Kernels take their scratch space from the same arena and release it before they return.
 */

const slack: usize = 64;

/** Throws in JavaScript, because there is no room for a number of bytes. */
@external("env", "refuse")
declare function refuse(wanted: u32): void;

/** Address at which the tables of this instance begin; 0 for the first place behind the shared constants. */
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

/** Allocates a table that lives as long as the instance, aligned to 16 bytes. */
export function table(bytes: usize): usize {
  const at = nextTable;
  nextTable += (bytes + 15) & ~15;
  return at;
}

/** Address at which the tables of this instance end; all instances have tables of the same size. */
export function tablesEnd(): usize {
  return (nextTable + 63) & ~63;
}

export function tableBytes(): usize {
  return tablesEnd() - firstTable;
}

function sized(bytes: usize): usize {
  return (bytes + slack + 63) & ~63;
}

/** Sets the bounds of the arena, and empties it. */
export function open(from: usize, to: usize): void {
  first = (from + 63) & ~63;
  bottom = first;
  highest = first;
  last = to & ~63;
  top = last;
  lent = 0;
}

/**
 * Lends a number of bytes, a multiple of 64, at the upper end of the free memory to others, and returns their address; 0 ends the
 * loan.
 */
export function lend(bytes: usize): usize {
  top = top + lent - bytes;
  lent = bytes;
  return top;
}

/** Allocates bytes that live until the step ends, or until `release`. */
export function take(bytes: usize): usize {
  const size = sized(bytes);
  if (size > top - bottom) refuse(<u32>bytes);
  const at = bottom;
  bottom += size;
  highest = max(highest, bottom);
  return at;
}

/** Allocates zeroed bytes that live as long as the engine. */
export function keep(bytes: usize): usize {
  const size = sized(bytes);
  if (size > top - bottom) refuse(<u32>bytes);
  top -= size;
  memory.fill(top, 0, size);
  return top;
}

/** Current end of the arena. */
export function mark(): usize {
  return bottom;
}

/** Frees everything allocated since `mark`. */
export function release(at: usize): void {
  bottom = at;
}

/** Frees everything allocated by the step. */
export function reset(): void {
  bottom = first;
  highest = first;
}

/** Peak of the allocated bytes in this step. */
export function stepBytes(): usize {
  return highest - first;
}

/** Bytes that live as long as the engine. */
export function keptBytes(): usize {
  return last - top;
}

/** Largest possible size of the next allocation, in bytes. */
export function freeBytes(): usize {
  const free = top - bottom;
  return free > 2 * slack ? free - 2 * slack : 0;
}
