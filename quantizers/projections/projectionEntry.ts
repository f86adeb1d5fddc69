/** @file What a catalogue says of a projection. */
import type { Entry } from "../../core/entry.ts";
import type { Options } from "../../core/options.ts";
import type { Projection } from "./projection.ts";

/** Entry of a projection: its name, options and function, as its file exports them. */
export interface ProjectionEntry<D extends Options = Options> extends Entry<Projection, D> {
  readonly kind: "projection";
}

/**
 * The entry of a projection; the types of its values are inferred from its options.
 *
 * @example
 * const coarse = projectionEntry({
 *   name: "coarse",
 *   summary: "levels at -1, 0 and 1 times the range",
 *   source: "",
 *   options: {},
 *   make: () => codebookProjection("coarse", ({ range: { hi } }) => ({ levels: Float32Array.of(-hi, 0, hi) })),
 * });
 * coarse.name; // "coarse"
 */
export const projectionEntry = <const D extends Options>(
  described: Omit<ProjectionEntry<D>, "kind">,
): ProjectionEntry<D> => ({ kind: "projection", ...described });
