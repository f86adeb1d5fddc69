/** @file Comparisons of a study's cells: with the first cell of their group, with their counterpart, and pooled. */
import * as E from "fp-ts/lib/Either.js";
import { RangeflowFailure } from "../../core/errors.ts";
import { caught } from "./caught.ts";
import type { Comparing } from "./comparing.ts";
import { counterpartsOf } from "./counterparts.ts";
import { marginProblems } from "./equivalence.ts";
import type { Cell } from "./grid.ts";
import { firstsOf, type IdentifiedCell } from "./groups.ts";
import { type Pool, poolsOf } from "./pools.ts";
import type { Compared } from "./summary.ts";

/** Finds runs by name. */
export interface CellNames {
  /** Name of the run that a cell has with changes. */
  readonly nameOf: (cell: number, changes: Cell) => string | Promise<string>;
  /** Cell of a run, by the run's name. */
  readonly cellOf: ReadonlyMap<string, number>;
  readonly seeds: readonly number[];
}

/**
 * Cells, with the cells that each is compared with.
 *
 * @returns rejects with `RangeflowFailure` with everything that prevents the requested comparison
 */
export const comparedOf = async (
  cells: readonly IdentifiedCell[],
  { within = [], against, margin }: Comparing,
  { nameOf, cellOf, seeds }: CellNames,
): Promise<Compared & { readonly pools: readonly Pool[] }> => {
  const asked = { cells: cells.length, seeds, ...(against && { against }) };
  const counterparts = await caught(() => counterpartsOf(asked, nameOf, cellOf));
  const firsts = await caught(() => firstsOf(within, cells));
  const wrong = marginProblems("compare, margin", margin);
  if (E.isRight(counterparts) && E.isRight(firsts) && wrong.length === 0)
    return {
      ...{ cells: cells.map(({ settings }) => settings), margin },
      ...{ firsts: firsts.right, counterparts: counterparts.right },
      pools: poolsOf(cells, within, firsts.right, counterparts.right),
    };
  const left = [counterparts, firsts].flatMap((one) => (E.isLeft(one) ? one.left : []));
  throw new RangeflowFailure(...wrong, ...left);
};
