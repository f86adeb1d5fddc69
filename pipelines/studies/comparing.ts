/** @file Options for comparing the cells of a study. */
import type { Cell } from "./grid.ts";

/** How cells are compared. */
export interface Comparing {
  /**
   * Settings that divide the cells into groups, such as `["model"]`. Each cell is compared with the first cell of its group, and pools
   * are taken over groups. Default: all cells form one group.
   */
  readonly within?: readonly string[];
  /**
   * Settings that lead from a cell to its counterpart: the cell that differs from it in these settings alone. In a study of bits and
   * gradient ranges, `{ gradientRange: "currentMinMax" }` compares each cell with the dynamic one of the same bits, in addition to the
   * first cell. Given several, the first that leads to another cell counts. Default: no counterparts.
   */
  readonly against?: Cell | readonly Cell[];
  /**
   * Equivalence margin: differences below it count as none. In percentage points of accuracy, in dB, or in the unit of the score. Two
   * one-sided t-tests then decide whether a difference is smaller. Choose it before you have seen any score. Default: no equivalence
   * test.
   */
  readonly margin?: number;
}

/** The alternatives in `against`. */
export const alternativesIn = ({ against }: Comparing): readonly Cell[] => {
  if (against === undefined) return [];
  return Array.isArray(against) ? against : [against as Cell];
};
