/** @file View of a study for its chart: quantities of its cells, with the values of their runs, as plain data. */

/** A quantity of one cell over its seeds, in the unit of the panel. */
export interface CellSpread {
  /** Values of the finished runs, finite or not. */
  readonly values: readonly { readonly seed: number; readonly value: number }[];
  readonly mean: number;
  /** Sample standard deviation; null if it is undefined. */
  readonly sd: number | null;
  /** Mean and deviation as in tables. */
  readonly text: string;
}

/** One quantity of all cells. */
export interface StudyPanel {
  /** Name of the quantity, with its unit. */
  readonly title: string;
  /** Bounds of the quantity, such as 0 and 100 %, which its axis does not exceed. */
  readonly bounds: readonly [least: number, greatest: number];
  /** Whether its axis starts at zero, as for costs. */
  readonly fromZero: boolean;
  /** Cells in order; null if no run has the quantity. */
  readonly cells: readonly (CellSpread | null)[];
}

/** A study as its chart shows it. */
export interface StudyChartView {
  readonly title: string;
  /** Names of the settings that distinguish cells. */
  readonly heads: readonly string[];
  /** Full name of each cell, one text per head. */
  readonly names: readonly (readonly string[])[];
  /** Index of the head whose values group the cells. The others distinguish cells within a group. */
  readonly groupedBy: number;
  /**
   * For each cell the index of the cell that it is compared with, the first of its group; -1 if that is not drawn. Groups are contiguous.
   */
  readonly firsts: readonly number[];
  readonly panels: readonly StudyPanel[];
}
