/** @file The settings that are in force: what a user wants, over his recipe, over the defaults. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, RangeflowFailure } from "../../core/errors.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import type { Recipe } from "./recipeEntry.ts";
import { recipeNamed } from "./recipeNamed.ts";
import { recipeSettings } from "./recipeSettings.ts";

/**
 * All settings of a run: what its user wants, over what the recipe says that he names, over the defaults.
 *
 * @returns `Left` of everything that is wrong with them
 */
export const settingsOf = async (
  wanted: Readonly<Record<string, unknown>>,
): Promise<E.Either<readonly Problem[], Settings>> => {
  if (wanted.recipe === undefined) return decodeSettings(wanted);
  const recipe = await recipeNamed("--recipe", String(wanted.recipe));
  return E.chain((found: Recipe) => decodeSettings({ ...recipeSettings(found), ...wanted }))(recipe);
};

/**
 * All settings of a run, as `settingsOf` finds them.
 *
 * @throws `RangeflowFailure` of everything that is wrong with them
 */
export const settingsInForce = async (wanted: Readonly<Record<string, unknown>>): Promise<Settings> => {
  const settings = await settingsOf(wanted);
  if (E.isLeft(settings)) throw new RangeflowFailure(...settings.left);
  return settings.right;
};
