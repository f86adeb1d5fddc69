/**
 * @file The share of this instance in a computation that several threads replay over the same memory: of so many samples, rows or
 * outputs it computes a contiguous part, and writes nowhere else. One instance alone has the only share.
 */

export let share: i32 = 0;
export let shares: i32 = 1;

/** Takes share number `which` of `all`, until the next call. */
export function beginShare(which: i32, all: i32): void {
  share = which;
  shares = all;
}

/** First of the `n` parts that are this share's. */
export function firstOf(n: u32): u32 {
  return <u32>((<u64>n * share) / shares);
}

/** End of this share, exclusive. */
export function endOf(n: u32): u32 {
  return <u32>((<u64>n * (share + 1)) / shares);
}

/** Whether a part is of this share. */
@inline
export function isOwn(part: i32, parts: i32): bool {
  return <u32>part >= firstOf(parts) && <u32>part < endOf(parts);
}
