/** @file Settings in force in the cells of a study: what tables show where a cell leaves a setting to its recipe or to the defaults. */
import { RangeflowFailure } from "../../core/errors.ts";
import { builtInRecipe } from "../recipes/recipeNamed.ts";
import { recipeSettings } from "../recipes/recipeSettings.ts";
import { settingsInForce } from "../recipes/settingsInForce.ts";
import type { Said } from "../runs/identity.ts";
import { defaults, type Settings } from "../settings/settings.ts";
import { pathIn } from "../settings/userFiles.ts";
import type { Cell } from "../studies/grid.ts";

/** Settings in force in a cell of built-in experiments; undefined for other studies, whose defaults are unknown. */
export type InForce = ((cell: Cell) => Said) | undefined;

/**
 * Settings of a cell of which no run is known, as far as names tell: what it states, then what all cells share, then its recipe and the
 * defaults. What a recipe in a file sets is unknown and left out.
 */
const named = (shared: Partial<Settings>, cell: Cell): Said => {
  const recipe = String(cell.recipe ?? shared.recipe ?? defaults.recipe);
  const others =
    pathIn(recipe) === undefined ? { ...defaults, ...recipeSettings(builtInRecipe(recipe)) } : {};
  return { ...others, ...shared, ...cell };
};

/**
 * Settings in force, by cell.
 *
 * @param known cells with all settings of their runs
 * @param shared settings that all cells share, for those that are not known
 */
export const inForceIn = (
  known: readonly (readonly [cell: Cell, settings: Said])[],
  shared: Partial<Settings> = {},
): NonNullable<InForce> => {
  const keyOf = (cell: Cell): string => JSON.stringify(cell);
  const byCell = new Map(known.map(([cell, settings]) => [keyOf(cell), settings]));
  return (cell) => byCell.get(keyOf(cell)) ?? named(shared, cell);
};

/**
 * Settings in force in cells before their runs are planned, as the plan resolves them. A cell with invalid settings, which the plan
 * refuses, is known by its names alone.
 *
 * @param wanted settings that were given for all cells
 */
export const inForceOfCells = async (
  wanted: Partial<Settings>,
  cells: readonly Cell[],
): Promise<NonNullable<InForce>> => {
  const known = await Promise.all(
    cells.map(async (cell) => {
      try {
        return [[cell, await settingsInForce({ ...wanted, ...cell })]] as const;
      } catch (error) {
        if (error instanceof RangeflowFailure) return [];
        throw error;
      }
    }),
  );
  return inForceIn(known.flat(), wanted);
};
