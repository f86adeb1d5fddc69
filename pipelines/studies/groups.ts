/** @file Groups of cells that share the values of some settings. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { decisive, type Identity, spelled } from "../runs/identity.ts";
import { optionName } from "../settings/settings.ts";
import type { Cell } from "./grid.ts";

/** A cell, with the identity of one of its runs. */
export interface IdentifiedCell {
  readonly settings: Cell;
  readonly identity: Identity;
}

/** Value of a setting or option in a cell, stated or not; undefined if the cell has none of that name. */
const valueIn = ({ settings, identity }: IdentifiedCell, name: string): string | undefined => {
  if (Object.hasOwn(identity.settings, name)) return spelled(identity, name);
  return Object.hasOwn(settings, name) ? String(settings[name]) : undefined;
};

const unknownName = (name: unknown, cells: readonly IdentifiedCell[]) => {
  const known = new Set(
    cells.flatMap(({ settings, identity }) => [
      ...Object.keys(settings),
      ...(identity.from === "settings" ? decisive : Object.keys(identity.settings)),
    ]),
  );
  const names = [...known].filter((one) => one !== "seed").map((one) => optionName(one));
  return problem(
    "--within",
    valueText(name),
    typeof name === "string" ? expectedName(name, names, "a setting of the cells") : "names of settings",
  );
};

/**
 * For each cell, the number of the first cell of its group, that is, with the same values of some settings.
 *
 * @param within names of settings or options; if empty, all cells form one group
 * @throws `RangeflowFailure` for names that no cell has
 */
export const firstsOf = (within: readonly string[], cells: readonly IdentifiedCell[]): readonly number[] => {
  const unknown = within.filter(
    (name) => name === "seed" || cells.every((cell) => valueIn(cell, name) === undefined),
  );
  if (unknown.length > 0) throw new RangeflowFailure(...unknown.map((name) => unknownName(name, cells)));
  const keys = cells.map((cell) => JSON.stringify(within.map((name) => valueIn(cell, name) ?? null)));
  return keys.map((key) => keys.indexOf(key));
};
