/** @file What readers of statistics give: some thousand rows at a time, by column, whatever file they come from. */
import type { TextColumn } from "../files/statColumns.ts";

/**
 * Statistics that an import knows, in the unit of their tensor unless said:
 *
 * - `min`, `max`: the ends; `amax`: the largest magnitude
 * - `scale`: real units per step of a number format, with `zeroPoint` the step that stands for 0
 * - `mean`, `std`, `l1Norm`, `l2Norm`, `mse`; `dynamicRange` in powers of two
 * - `count`: elements; `nonFinite`: how many of them are NaN or infinite
 * - `underflows`, `overflows`: shares of elements, from 0 to 1
 */
export const statisticNames = [
  "min",
  "max",
  "amax",
  "scale",
  "zeroPoint",
  "mean",
  "std",
  "l1Norm",
  "l2Norm",
  "count",
  "nonFinite",
  "underflows",
  "overflows",
  "mse",
  "dynamicRange",
] as const;

/** One of `statisticNames`. */
export type Statistic = (typeof statisticNames)[number];

/** Form of a value whose half unit holds whatever the other values of its column look like. */
export const certainForm = 0xffff;

/** Values of one statistic; a row without one has 0 in `given`. */
export interface StatisticColumn {
  readonly values: Float64Array;
  readonly given: Uint8Array;
  /** Half of the last printed digit of each value, as numbers that were printed have it. */
  readonly halfUnits?: Float64Array;
  /** How each value was printed (`NumberText.form`), or `certainForm`. */
  readonly forms?: Uint16Array;
}

/** A column of a table with the values of a statistic. */
export interface StatisticPlace {
  readonly column: number;
  readonly statistic: Statistic;
  /** By what values are multiplied. */
  readonly factor: number;
}

/** A histogram as somebody else has it: counts[i] elements from edges[i] to edges[i + 1]. */
export interface BinnedCounts {
  readonly edges: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

/** Some rows of a file; the arrays may be longer than `rows`. Several rows of one site and step say different things of one tensor. */
export interface StatisticBatch {
  readonly rows: number;
  /** Place of each row in its file, from 1: the line of a text, the row of a table. */
  readonly places: Uint32Array;
  readonly step: Float64Array;
  /** Sites as the file calls them; the texts of a file only ever become more. */
  readonly site: TextColumn;
  /** Words that say what a tensor is; an empty one where the file does not. */
  readonly role?: TextColumn;
  readonly rank?: StatisticColumn;
  /** Decimals that the numbers of a row were printed with. */
  readonly precision?: StatisticColumn;
  /** 1 in rows of a cold start. */
  readonly coldStart?: Uint8Array;
  /** Number formats that scales are of, such as `e4m3`; an empty text where the file does not say. */
  readonly format?: TextColumn;
  readonly columns: ReadonlyMap<Statistic, StatisticColumn>;
  readonly histograms?: readonly (BinnedCounts | undefined)[];
}

/** Values that a reader has found no use for, by the name that the file gives them. */
export type Unused = Map<string, number>;

/** Notes one value that is of no use. */
export const noteUnused = (unused: Unused, name: string, values = 1): void => {
  unused.set(name, (unused.get(name) ?? 0) + values);
};
