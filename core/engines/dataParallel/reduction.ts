/** @file Reductions: what the workers of a step tell each other, and what it would cost a transport. */
import type { Shape } from "../../tensor.ts";

/**
 * How parts become a whole.
 *
 * - `minMax`: the least and the greatest of all, and counts; exact in any order.
 * - `sum`: integers added; exact in any order.
 * - `partials`: float32 sums of fixed runs of one sample (`core/runs.ts`), collected by all and added in the order of the samples.
 * - `gather`: elements of a tensor, collected by whoever looks at all of it.
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
 * - `layer`: before a layer can go on, as a batch normalization does with the statistics of its batch.
 * - `read`: before whoever asked for the elements of a whole tensor can go on, such as a loss.
 * - `later`: at any time until parameters are updated or the step ends; no worker waits for it in the middle of a pass.
 */
export type ReductionMoment = "quantize" | "layer" | "read" | "later";

/** One reduction among the workers of a step. */
export interface Reduction {
  /** Steps that have begun, the first is 1; evaluation counts as well. */
  readonly step: number;
  readonly kind: ReductionKind;
  readonly role: ReductionRole;
  readonly when: ReductionMoment;
  /** Path of the site or layer that asked; missing for a loss, for what is read by itself, and for products in narrow accumulators. */
  readonly path?: string;
  /** Sides of the tensor that is spoken of, the batch whole. */
  readonly shape: Shape;
  /** Workers that have a part in it. */
  readonly workers: number;
  /** Bytes of what one worker gives to a `minMax` or `sum`, which are as large as their result; of all parts of a `gather` or of `partials` together. */
  readonly bytes: number;
}

/**
 * Bytes that all workers together send in a ring: 2 (W - 1) times what is reduced, for a sum or ends (each part is reduced, then told to
 * all), and (W - 1) times what is collected (each part goes to all others).
 *
 * @example
 * // Two float32 ends, a count of NaN and a count of clipped elements, among 8 workers.
 * const range = { kind: "minMax", bytes: 16, workers: 8 } as const;
 * bytesSent(range); // 224
 */
export const bytesSent = ({ kind, bytes, workers }: Pick<Reduction, "kind" | "bytes" | "workers">): number =>
  (kind === "minMax" || kind === "sum" ? 2 : 1) * (workers - 1) * bytes;
