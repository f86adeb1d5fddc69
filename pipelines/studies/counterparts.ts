/** @file Counterparts: the cell that each cell is compared with in addition to the first one. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { optionName } from "../settings/settings.ts";
import { alternativesIn, type Comparing } from "./comparing.ts";
import type { Cell } from "./grid.ts";

interface Cells extends Pick<Comparing, "against"> {
  /** Number of cells. */
  readonly cells: number;
  readonly seeds: readonly number[];
}

/** Number of the counterpart of each cell; undefined for a cell without one. */
export type Counterparts = readonly (number | undefined)[];

const textOf = (cell: Cell): string =>
  Object.entries(cell)
    .map(([name, value]) => `${optionName(name)}=${value}`)
    .join(" ");

/**
 * The counterpart of each cell: the cell with the settings in `against` and otherwise its own. Of several alternatives, the first that
 * leads to another cell counts. A cell that has all of these settings itself has no counterpart.
 *
 * @param nameOf name of the run that a cell has with changes
 * @param cellOf cell of a run by the run's name
 * @returns rejects with `RangeflowFailure` if settings are invalid or lead from no cell to another
 */
export const counterpartsOf = async (
  { cells, seeds, against }: Cells,
  nameOf: (cell: number, changes: Cell) => string | Promise<string>,
  cellOf: ReadonlyMap<string, number>,
): Promise<Counterparts> => {
  const [seed] = seeds;
  const found: (number | undefined)[] = Array.from({ length: cells }, () => undefined);
  if (seed === undefined) return found;
  const alternatives = alternativesIn(against === undefined ? {} : { against });
  const used = new Set<Cell>();
  for (let cell = 0; cell < cells; cell++)
    for (const changes of alternatives) {
      const other = cellOf.get(await nameOf(cell, { ...changes, seed }));
      // The changes lead back to the same cell.
      if (other === undefined || other === cell) continue;
      found[cell] = other;
      used.add(changes);
      break;
    }
  const idle = alternatives.filter((changes) => !used.has(changes));
  if (idle.length === 0) return found;
  throw new RangeflowFailure(
    ...idle.map((changes) =>
      problem(
        "--against",
        `${textOf(changes)} leads to no cell`,
        "settings in which one cell differs from another",
      ),
    ),
  );
};
