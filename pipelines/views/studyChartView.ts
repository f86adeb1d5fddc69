/** @file What is drawn of a study: quantities of its cells, each with the values of its runs, as plain data. */

/** A quantity of one cell over its seeds, in the unit of the panel. */
export interface CellSpread {
  /** Values of the runs that are done, finite or not. */
  readonly values: readonly { readonly seed: number; readonly value: number }[];
  readonly mean: number;
  /** Sample standard deviation; null where there is none. */
  readonly sd: number | null;
  /** Mean and deviation as a table has them. */
  readonly text: string;
}

/** One quantity of all cells. */
export interface StudyPanel {
  /** Name of the quantity, with its unit. */
  readonly title: string;
  /** Values that the quantity cannot go beyond, such as 0 and 100 %: no axis does. */
  readonly bounds: readonly [least: number, greatest: number];
  /** Whether its axis begins at zero, as that of a cost should. */
  readonly fromZero: boolean;
  /** In the order of the cells; null where no run has told it. */
  readonly cells: readonly (CellSpread | null)[];
}

export interface StudyChartView {
  readonly title: string;
  /** Names of what tells cells apart. */
  readonly heads: readonly string[];
  /** The whole name of each cell, a text for each head. */
  readonly names: readonly (readonly string[])[];
  /** Place of the head whose values group the cells; the others tell apart what stands in a group. */
  readonly groupedBy: number;
  /** For each cell the place of the one that it is compared with: the first of its group; -1 where that is not drawn. Groups stand together. */
  readonly firsts: readonly number[];
  readonly panels: readonly StudyPanel[];
}
