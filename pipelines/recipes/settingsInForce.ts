/** @file The settings in force: given settings override the recipe, which overrides the defaults. */
import { getOrThrow } from "../../core/getOrThrow.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import { recipeNamed } from "./recipeNamed.ts";
import { recipeSettings } from "./recipeSettings.ts";

/**
 * All settings of a run: given settings override those of the recipe that they name, which override the defaults.
 *
 * @returns rejects with `RangeflowFailure` with every problem of the settings
 */
export const settingsInForce = async (wanted: Readonly<Record<string, unknown>>): Promise<Settings> => {
  if (wanted.recipe === undefined) return getOrThrow(decodeSettings(wanted));
  const recipe = getOrThrow(await recipeNamed("--recipe", String(wanted.recipe)));
  return getOrThrow(decodeSettings({ ...recipeSettings(recipe), ...wanted }));
};
