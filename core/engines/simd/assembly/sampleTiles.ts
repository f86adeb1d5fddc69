/**
 * @file Sources that compute whole samples at a time: as many as stay in cache are computed into a tile, which goes through the pass
 * before the next ones are, so that no memory has all of them at once.
 */
import { take } from "./arena";
import { firstSample, ownSamples, samples } from "./geometry";
import { runElements, stopBefore } from "./pass";

/** Bytes of a tile, unless one sample has more. */
const tileLimit: u32 = 32768;
/** Bytes behind the last element that vectors may write, and stages read. */
const slack: usize = 64;

/** Elements of a sample. */
let each: u32 = 0;
/** Samples of a tile. */
export let atOnce: i32 = 0;

/** Narrows the samples to those of this instance's share, of a pass over samples of so many elements. */
export function ownShare(elements: u32): void {
  const all = samples;
  ownSamples();
  const end = firstSample + samples;
  if (end < all) stopBefore(end * elements);
}

/** Takes its own share, and room for a tile, which the caller gives back. */
export function openTile(elements: u32): usize {
  ownShare(elements);
  each = elements;
  atOnce = max(1, min(samples, <i32>(tileLimit / (4 * elements))));
  return take(4 * <usize>elements * atOnce + slack);
}

/** Has the pass go on with `count` samples, the first of which is number `n` of the share. */
export function finishTile(n: i32, count: i32, tile: usize): void {
  runElements((firstSample + n) * each, count * each, tile);
}
