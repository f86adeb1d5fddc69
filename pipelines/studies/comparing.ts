/** @file What the cells of a study are compared with. */
import type { Cell } from "./grid.ts";

/** How cells are compared, as a user asks for it. */
export interface Comparing {
  /**
   * Settings by which cells form groups, such as `["model"]`: each cell is compared with the first one that has the same values of
   * them, and what is pooled is pooled over groups. Without any, all cells are one group.
   */
  readonly within?: readonly string[];
  /**
   * Settings that lead from each cell to its counterpart, the cell that differs from it in these alone: where cells vary bits and
   * gradient ranges, `{ gradientRange: "currentMinMax" }` compares each with the dynamic one of its bits, beside the first. Of
   * several, the first counts that leads to a cell.
   */
  readonly against?: Cell | readonly Cell[];
  /**
   * How far from 0 a difference counts as none, in percentage points of an accuracy, in dB, or in the unit of the score: with it,
   * two one-sided t-tests say whether a difference is smaller than that. It has to be chosen before anybody has seen a score.
   */
  readonly margin?: number;
}

/** The alternatives of `against`. */
export const alternativesIn = ({ against }: Comparing): readonly Cell[] => {
  if (against === undefined) return [];
  return Array.isArray(against) ? against : [against as Cell];
};
