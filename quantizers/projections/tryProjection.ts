import { observedRange } from "../../core/range.ts";
import { statOf } from "../../core/statOf.ts";
import type { Projected, Projecting, Projection } from "./projection.ts";

/**
 * Applies a projection to a few numbers, outside of a network.
 *
 * @param values elements of a tensor
 * @param how fields to override. Default: one row at 8 bits in training, with its own range, no `quantities`, and rounding to
 *   nearest.
 * @example
 * tryProjection(powerOfTwo(), [0.3, 0.6, -1], { bits: 3 }).values; // [0.25, 0.5, -1]
 */
export const tryProjection = (
  projection: Projection,
  values: readonly number[],
  how: Partial<Projecting> = {},
): Projected =>
  projection.project(Float32Array.from(values), {
    shape: [1, 1, 1, values.length],
    role: projection.roles?.[0] ?? "activation",
    range: observedRange(statOf(values)),
    bits: 8,
    training: true,
    quantities: [],
    noise: undefined,
    ...how,
  });
