/** @file Settings in effect: the user's settings override the recipe's, which override the defaults. */
import { getOrThrow } from "../../core/getOrThrow.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import { recipeNamed } from "./recipeNamed.ts";
import { recipeSettings } from "./recipeSettings.ts";

/**
 * All settings of a run. The user's settings override those of the named recipe, which override the defaults.
 *
 * @throws `RangeflowFailure` with every invalid setting
 */
export const settingsInForce = async (wanted: Readonly<Record<string, unknown>>): Promise<Settings> => {
  if (wanted.recipe === undefined) return getOrThrow(decodeSettings(wanted));
  const recipe = getOrThrow(await recipeNamed("--recipe", String(wanted.recipe)));
  return getOrThrow(decodeSettings({ ...recipeSettings(recipe), ...wanted }));
};
