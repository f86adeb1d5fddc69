/**
 * @file This instance's share of a computation that several threads replay over the same memory: a contiguous part of the samples,
 *   rows or outputs. It writes nowhere else. A single instance has the only share.
 */

export let share: i32 = 0;
export let shares: i32 = 1;

/** Selects share number `which` of `all`, until the next call. */
export function beginShare(which: i32, all: i32): void {
  share = which;
  shares = all;
}

/** First of `n` parts that belongs to this share. */
export function firstOf(n: u32): u32 {
  return <u32>((<u64>n * share) / shares);
}

/** End of this share of `n` parts, exclusive. */
export function endOf(n: u32): u32 {
  return <u32>((<u64>n * (share + 1)) / shares);
}

/** Whether a part belongs to this share. */
@inline
export function isOwn(part: i32, parts: i32): bool {
  return <u32>part >= firstOf(parts) && <u32>part < endOf(parts);
}
