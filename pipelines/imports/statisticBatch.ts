/** @file Batches of statistics, some thousand rows by column, as readers of all formats produce them. */
import type { TextColumn } from "../files/statColumns.ts";

/**
 * Statistics that an import knows, in the unit of their tensor unless stated otherwise:
 *
 * - `min`, `max`: smallest and largest element; `amax`: largest magnitude
 * - `scale`: real units per step of a number format; `zeroPoint`: the step that stands for 0
 * - `mean`, `std`, `l1Norm`, `l2Norm`, `mse`; `dynamicRange` in powers of two
 * - `count`: number of elements; `nonFinite`: number of NaN and infinite elements
 * - `underflows`, `overflows`: shares of elements, 0 to 1
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

/** Form of a value whose half unit is valid regardless of the rest of its column. */
export const certainForm = 0xffff;

/** Values of one statistic. A row without one has 0 in `given`. */
export interface StatisticColumn {
  readonly values: Float64Array;
  readonly given: Uint8Array;
  /** Half a unit of the last printed digit of each value, if they were printed. */
  readonly halfUnits?: Float64Array;
  /** How each value was printed (`NumberText.form`), or `certainForm`. */
  readonly forms?: Uint16Array;
}

/** A column of a table with the values of a statistic. */
export interface StatisticPlace {
  readonly column: number;
  readonly statistic: Statistic;
  /** Factor for its values. */
  readonly factor: number;
}

/** A histogram of another program: counts[i] elements from edges[i] to edges[i + 1]. */
export interface BinnedCounts {
  readonly edges: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

/** Some rows of a file. Arrays may be longer than `rows`. Several rows of one site and step state different things about one tensor. */
export interface StatisticBatch {
  readonly rows: number;
  /** Place of each row in its file, from 1: the line of a text, or the row of a table. */
  readonly places: Uint32Array;
  readonly step: Float64Array;
  /** Sites as the file names them. The texts of a file only grow in number. */
  readonly site: TextColumn;
  /** Words for the role of a tensor; empty if the file states none. */
  readonly role?: TextColumn;
  readonly rank?: StatisticColumn;
  /** Number of decimals that the numbers of a row were printed with. */
  readonly precision?: StatisticColumn;
  /** 1 in rows of a cold start. */
  readonly coldStart?: Uint8Array;
  /** Number formats of scales, such as `e4m3`; empty if the file states none. */
  readonly format?: TextColumn;
  readonly columns: ReadonlyMap<Statistic, StatisticColumn>;
  readonly histograms?: readonly (BinnedCounts | undefined)[];
}

/** Numbers of ignored values, by their names in the file. */
export type Unused = Map<string, number>;

/** Counts one ignored value. */
export const noteUnused = (unused: Unused, name: string, values = 1): void => {
  unused.set(name, (unused.get(name) ?? 0) + values);
};
