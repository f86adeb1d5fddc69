/**
 * @file Trajectories: the ranges themselves as data, one row for each tensor, site and estimator.
 *
 *     step       training step, from 0
 *     site       path such as conv1/gradient
 *     role       weight, activation or gradient
 *     estimator  as it was named
 *     min, max   ends of the tensor, in its unit, as they were observed before clipping
 *     lo, hi     ends of the range that the estimator answers for it
 *     isStatic   whether the range was there before the tensor
 *     clipped    whether the tensor reaches beyond the grid of the range by more than the tolerance
 *     error      1 - intersection / union of range and tensor (`rangeError`)
 *
 * Those of a foreign recording say more of the tensor:
 *
 *     minError, maxError  half-widths of the intervals in which min and max lie, 0 where they are exact
 *     coldStart           whether the row is a placeholder of a cold start
 *
 * Numbers are the float64 values themselves, in text by the fewest digits that give them back; steps of one estimator at one site are in order.
 */
import type { RangeSeen } from "../../core/signal.ts";
import type { JudgedSink } from "./judgedAnswers.ts";

export interface TrajectoryEncoder {
  /** What a file begins with. */
  readonly start: () => Uint8Array;
  /** Opens the rows of an estimator at a site, whose first row is given. */
  readonly open: (first: RangeSeen, estimator: string) => JudgedSink;
  /** Number of the rows that wait. */
  readonly rows: () => number;
  /** The rows that wait; then there are none. */
  readonly take: () => Uint8Array;
  /** What a file ends with. */
  readonly end: () => Uint8Array;
}

/** The most rows that wait, about 100 bytes each, or 400 as text. */
export const rowsPerBatch = 8192;
