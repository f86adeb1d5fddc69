/** @file Addition of the sums of several threads, in an order that does not depend on their number. */
import { addFloats } from "./flush";

/** Adds the float64 sums of all shares, `count` each, which are exact, or 0 in all but one. */
export function addShares(from: usize, count: u32, shares: i32, to: usize): void {
  const bytes: usize = 8 * count;
  for (const end = to + bytes; to < end; to += 8, from += 8) {
    let sum: f64 = 0;
    for (let s = 0, at = from; s < shares; s++, at += bytes) sum += load<f64>(at);
    store<f64>(to, sum);
  }
}

/** Adds the float32 rows of `count` sums per run to float64, run after run. */
export function addRuns(rows: usize, runs: i32, count: i32, to: usize): void {
  memory.fill(to, 0, 8 * count);
  for (let r = 0; r < runs; r++, rows += 4 * count) addFloats(rows, count, to);
}
