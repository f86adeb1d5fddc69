/**
 * @file Measurement of the best number of threads: a product is timed on 1, 2, 4, .. threads, because the number of processors
 *   alone says little.
 */
import type { Kernels } from "./kernels.ts";

/** A 3x3 convolution as in the last third of a residual network; it takes one thread two to three milliseconds. */
const [samples, side, channels] = [128, 8, 64];
const rounds = 7;
/** More threads must take less than this fraction of the time of fewer; threads that share a core may not. */
const worthwhile = 0.85;

/** 1, 2, 4, .. and `most`. */
const candidates = (most: number): readonly number[] => {
  const counts: number[] = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return [...counts, most];
};

/** The smallest number of threads, at most `most`, beyond which more threads do not make a product faster. */
export const numberThatHelps = (
  most: number,
  kernels: Kernels,
  together: (shares: number, job: (kernels: Kernels) => void) => void,
  now: () => number,
): number => {
  const start = kernels.mark();
  const x = kernels.take(samples * side * side * channels);
  const w = kernels.take(9 * channels * channels);
  const zeros = kernels.take(4);
  const sums = kernels.take(4 * samples * side * side * channels);
  const counts = candidates(most);
  const best = counts.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++)
    for (const [i, shares] of counts.entries()) {
      const began = now();
      together(shares, (calls) => {
        calls.convolution(0, samples, side, side, channels, side, side, channels, 3, 3, 1, 1, 1);
        calls.integerProduct(0, x, 0, w, zeros, 0, sums);
      });
      best[i] = Math.min(best[i] as number, now() - began);
    }
  kernels.release(start);
  let fastest = 0;
  for (let i = 1; i < counts.length; i++)
    if ((best[i] as number) < worthwhile * (best[fastest] as number)) fastest = i;
  return counts[fastest] as number;
};
