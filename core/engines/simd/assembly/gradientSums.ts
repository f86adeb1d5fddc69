/**
 * @file Output of the int32 sums of weight gradients: [output][kernel row][run], where the run of a row, (kw, i), is padded to
 *   whole blocks of 8 numbers.
 */
import { flushIntegers } from "./flush";
import { depth, kernelHeight, kernelWidth } from "./geometry";
import { runElements } from "./pass";

/** Numbers of one kernel row of an output. */
export function gradientRun(): i32 {
  return kernelWidth * depth;
}

/** Numbers of a kernel row, padded. */
function padded(): i32 {
  return (gradientRun() + 7) & ~7;
}

/** Bytes of the sums of one output. */
export function gradientBytes(): usize {
  return 4 * kernelHeight * padded();
}

/** Adds the sums of `count` outputs from number `first` on to the float64 totals at `to`, or stores them if `fresh`. */
export function flushGradient(sums: usize, first: i32, count: i32, to: usize, fresh: bool): void {
  const rows = kernelHeight * gradientRun();
  flushIntegers(sums, count * kernelHeight, gradientRun(), padded(), to + 8 * first * rows, fresh);
}

/** The same for final sums. Without totals (`to` is 0), they go through the pass. */
export function finishGradient(sums: usize, first: i32, count: i32, to: usize, fresh: bool): void {
  if (to) {
    flushGradient(sums, first, count, to, fresh);
    return;
  }
  const run = gradientRun();
  const rows = count * kernelHeight;
  if (run != padded())
    for (let r = 1; r < rows; r++) memory.copy(sums + 4 * run * r, sums + 4 * padded() * r, 4 * run);
  runElements(first * kernelHeight * run, rows * run, sums);
}
