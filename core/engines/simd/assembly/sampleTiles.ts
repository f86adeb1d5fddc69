/**
 * @file Sources that compute whole samples at a time: as many as stay in cache are computed into a tile, which goes through the
 *   pass before the next ones are computed, so that they are never all in memory.
 */
import { take } from "./arena";
import { firstSample, ownSamples, samples } from "./geometry";
import { runElements, stopBefore } from "./pass";

/** Bytes of a tile, unless one sample is larger. */
const tileLimit: u32 = 32768;
/** Bytes behind the last element that vectors may write and stages may read. */
const slack: usize = 64;

/** Elements of a sample. */
let each: u32 = 0;
/** Samples of a tile. */
export let atOnce: i32 = 0;

/** Restricts the samples to this instance's share, for a pass over samples of `elements` elements. */
export function ownShare(elements: u32): void {
  const all = samples;
  ownSamples();
  const end = firstSample + samples;
  if (end < all) stopBefore(end * elements);
}

/** Takes this instance's share, and allocates a tile, which the caller frees. */
export function openTile(elements: u32): usize {
  ownShare(elements);
  each = elements;
  atOnce = max(1, min(samples, <i32>(tileLimit / (4 * elements))));
  return take(4 * <usize>elements * atOnce + slack);
}

/** Runs the pass on the `count` samples in the tile, starting with number `n` of the share. */
export function finishTile(n: i32, count: i32, tile: usize): void {
  runElements((firstSample + n) * each, count * each, tile);
}
