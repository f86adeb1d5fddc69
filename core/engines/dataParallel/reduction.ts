/** @file Reductions: what the workers of a step exchange, and its cost for a transport. */
import type { Shape } from "../../tensor.ts";

/**
 * How parts are combined.
 *
 * - `minMax`: minimum, maximum and counts; exact in any order.
 * - `sum`: integers are added; exact in any order.
 * - `partials`: float32 sums of fixed runs of one sample (`core/runs.ts`), collected by all workers and added in the order of the
 *   samples.
 * - `gather`: elements of a tensor, collected by every worker that reads all of it.
 */
export type ReductionKind = "minMax" | "sum" | "partials" | "gather";

/** What is reduced, as far as an engine can tell from a pass. */
export type ReductionRole =
  | "range"
  | "clipped"
  | "weight gradient"
  | "batch statistics"
  | "bias gradient"
  | "learned range"
  | "elements";

/**
 * When a reduction has to be done.
 *
 * - `quantize`: before a tensor can be quantized; all workers wait for its range.
 * - `layer`: before a layer can continue, e.g. a batch normalization with the statistics of its batch.
 * - `read`: before code that reads the elements of a whole tensor can continue, e.g. a loss.
 * - `later`: at any time before parameters are updated or the step ends; no worker waits for it during a pass.
 */
export type ReductionMoment = "quantize" | "layer" | "read" | "later";

/** One reduction among the workers of a step. */
export interface Reduction {
  /** Number of the step, from 1; evaluation steps count as well. */
  readonly step: number;
  /** How parts are combined. */
  readonly kind: ReductionKind;
  /** What is reduced. */
  readonly role: ReductionRole;
  /** When it has to be done. */
  readonly when: ReductionMoment;
  /** Path of the site or layer that requested it; absent for losses, direct reads, and products in narrow accumulators. */
  readonly path?: string;
  /** Shape of the tensor, for the whole batch. */
  readonly shape: Shape;
  /** Number of workers that take part. */
  readonly workers: number;
  /**
   * Bytes that one worker contributes to a `minMax` or `sum` (the size of the result), or bytes of all parts of a `gather` or
   * `partials` together.
   */
  readonly bytes: number;
}

/**
 * Bytes that all workers together send in a ring: 2 (W - 1) times the reduced bytes for `minMax` and `sum` (reduce-scatter, then
 * all-gather), and (W - 1) times the collected bytes otherwise (all-gather).
 *
 * @example
 * // Two float32 ends, a count of NaN and a count of clipped elements, among 8 workers.
 * const range = { kind: "minMax", bytes: 16, workers: 8 } as const;
 * bytesSent(range); // 224
 */
export const bytesSent = ({ kind, bytes, workers }: Pick<Reduction, "kind" | "bytes" | "workers">): number =>
  (kind === "minMax" || kind === "sum" ? 2 : 1) * (workers - 1) * bytes;
