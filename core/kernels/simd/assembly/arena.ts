/**
 * @file Memory: what a step leaves behind grows from the bottom, what lives as long as the engine grows down from the top.
 *
 *     | static data | step ...  ->        free        <-  ... kept |
 *
 * Every allocation is aligned to 64 bytes and followed by 64 bytes of slack, so that kernels may read and write whole vectors
 * past the end of a tensor. Kernels take their scratch from the same arena and release it before they return.
 */

const slack: usize = 64;

/** Throws in JavaScript: there is no room for so many bytes. */
@external("env", "refuse")
declare function refuse(wanted: u32): void;

let first: usize = 0;
let bottom: usize = 0;
let highest: usize = 0;
let top: usize = 0;
let last: usize = 0;

function sized(bytes: usize): usize {
  return (bytes + slack + 63) & ~63;
}

/** Says how many bytes the memory has; called once. */
export function open(bytes: usize): void {
  first = (__heap_base + 63) & ~63;
  bottom = first;
  highest = first;
  last = bytes & ~63;
  top = last;
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

/** Where the arena ends now. */
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
