/** @file The settings that are in force: what a user wants, over his recipe, over the defaults. */
import { getOrThrow } from "../../core/getOrThrow.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import { recipeNamed } from "./recipeNamed.ts";
import { recipeSettings } from "./recipeSettings.ts";

/**
 * All settings of a run: what its user wants, over what the recipe says that he names, over the defaults.
 *
 * @throws `RangeflowFailure` of everything that is wrong with them
 */
export const settingsInForce = async (wanted: Readonly<Record<string, unknown>>): Promise<Settings> => {
  if (wanted.recipe === undefined) return getOrThrow(decodeSettings(wanted));
  const recipe = getOrThrow(await recipeNamed("--recipe", String(wanted.recipe)));
  return getOrThrow(decodeSettings({ ...recipeSettings(recipe), ...wanted }));
};
