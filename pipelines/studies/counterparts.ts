/** @file Which cell each one is compared with, beside the first. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { optionOf } from "../settings/settings.ts";
import type { Cell } from "./grid.ts";

interface Cells {
  /** Number of cells. */
  readonly cells: number;
  readonly seeds: readonly number[];
  readonly against?: Cell;
}

/** Number of the counterpart of each cell. */
export type Counterparts = readonly (number | undefined)[];

const textOf = (cell: Cell): string =>
  Object.entries(cell)
    .map(([name, value]) => `${optionOf(name).slice(2)}=${value}`)
    .join(" ");

/**
 * The counterpart of each cell: the one that has the settings `against`, and the cell's own beside them. A cell that has all of
 * `against` itself has none.
 *
 * @param nameOf the name of the run that a cell has with changes
 * @param cellOf the cell of a run by its name
 * @returns rejects with `RangeflowFailure` if `against` is wrong or leads from no cell to another
 */
export const counterpartsOf = async (
  { cells, seeds, against }: Cells,
  nameOf: (cell: number, changes: Cell) => Promise<string>,
  cellOf: ReadonlyMap<string, number>,
): Promise<Counterparts> => {
  const [seed] = seeds;
  const found: (number | undefined)[] = Array.from({ length: cells }, () => undefined);
  if (against === undefined || seed === undefined) return found;
  for (let cell = 0; cell < cells; cell++) {
    const other = cellOf.get(await nameOf(cell, { ...against, seed }));
    found[cell] = other === cell ? undefined : other;
  }
  if (found.some((other) => other !== undefined)) return found;
  throw new RangeflowFailure(
    problem(
      "--against",
      `${textOf(against)} leads to no cell`,
      "settings in which one cell differs from another",
    ),
  );
};
