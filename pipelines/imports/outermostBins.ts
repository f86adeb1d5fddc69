/** @file Bounds on a tensor's min and max from its histogram. */
import type { BinnedCounts } from "./statisticBatch.ts";

/** From one number to another that is not smaller. */
export type Interval = readonly [from: number, to: number];

/** The outermost bins with elements. */
export interface OutermostBins {
  /** Bin of the smallest element, and bin of the largest. */
  readonly least: Interval;
  readonly greatest: Interval;
  /** Whether there is no bin beyond them, as with edges that were made from the tensor. */
  readonly areOutermost: boolean;
}

/** The outermost bins with elements of a histogram; undefined if it is empty. */
export const outermostBins = ({ edges, counts }: BinnedCounts): OutermostBins | undefined => {
  let [first, last] = [0, counts.length - 1];
  while (first < counts.length && counts[first] === 0) first++;
  if (first === counts.length) return undefined;
  while (counts[last] === 0) last--;
  const bin = (i: number): Interval => [edges[i] as number, edges[i + 1] as number];
  const areOutermost = first === 0 && last === counts.length - 1;
  return { least: bin(first), greatest: bin(last), areOutermost };
};

/** Interval of the largest magnitude of a tensor. */
export const largestMagnitude = ({ least, greatest }: OutermostBins): Interval => {
  const nearest = ([from, to]: Interval): number => Math.max(from, -to, 0);
  return [Math.max(nearest(least), nearest(greatest)), Math.max(-least[0], greatest[1])];
};

/** Tolerances: share of a bin's width by which min or max may exceed it, and relative error of edges, which may be float32. */
const [ofWidth, ofEdges] = [0.01, 1e-6];

/** Whether a number with a known error may lie in an interval, given the precision of edges. */
export const liesIn = ([from, to]: Interval, value: number, error: number): boolean => {
  const slack = error + ofWidth * (to - from) + ofEdges * Math.max(Math.abs(from), Math.abs(to));
  return value >= from - slack && value <= to + slack;
};
