/** @file Catalogue entries of projections. */
import { type CheckedEntry, checkedEntry, type Entry } from "../../core/entry.ts";
import type { Options } from "../../core/options.ts";
import type { Projection } from "./projection.ts";

/** Catalogue entry of a projection: name, options and function. Its file exports it. */
export interface ProjectionEntry<D extends Options = Options> extends CheckedEntry<Projection, D> {
  readonly kind: "projection";
}

/**
 * Makes the catalogue entry of a projection. The types of its option values are inferred from `options`.
 * In code, `make` takes the options that differ from their defaults, and checks them as the command line does.
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
  described: Entry<Projection, D>,
): ProjectionEntry<D> => ({ kind: "projection", ...checkedEntry(described) });
