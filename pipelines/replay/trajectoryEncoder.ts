/**
 * @file Trajectories: the ranges themselves as data, one row for each tensor, site and estimator.
 *
 *     step       training step, from 0
 *     site       path such as conv1/gradient
 *     role       weight, activation or gradient
 *     estimator  name of the estimator
 *     min, max   smallest and largest element of the tensor, in its unit, before clipping
 *     lo, hi     bounds of the estimator's range for it
 *     isStatic   whether the range was known before the tensor
 *     clipped    whether the tensor exceeds the grid of the range by more than the tolerance
 *     error      1 - intersection / union of range and tensor (`rangeError`)
 *
 * Imported recordings add:
 *
 *     minError, maxError  half-widths of the intervals in which min and max lie; 0 if exact
 *     coldStart           whether the row is a placeholder of a cold start
 *
 * Numbers are float64; as text they have the fewest digits that reproduce them. The steps of one estimator at one site are in order.
 */
import type { RangeSeen } from "../../core/signal.ts";
import type { JudgedSink } from "./judgedAnswers.ts";

export interface TrajectoryEncoder {
  /** Bytes at the start of a file. */
  readonly start: () => Uint8Array;
  /** Opens the rows of an estimator at a site, given the site's first row. */
  readonly open: (first: RangeSeen, estimator: string) => JudgedSink;
  /** Number of buffered rows. */
  readonly rows: () => number;
  /** Returns the buffered rows and empties the buffer. */
  readonly take: () => Uint8Array;
  /** Bytes at the end of a file. */
  readonly end: () => Uint8Array;
}

/** Largest number of buffered rows, about 100 bytes each, or 400 as text. */
export const rowsPerBatch = 8192;
