/** @file The settings that are in force: what a user wants, over his preset, over the defaults. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, RangeflowFailure } from "../../core/errors.ts";
import { presetNamed } from "./presets.ts";
import { decodeSettings, type Settings } from "./settings.ts";

/**
 * All settings of a run: what its user wants, over what the preset says that he names, over the defaults.
 *
 * @returns `Left` of everything that is wrong with them
 */
export const settingsOf = async (
  wanted: Readonly<Record<string, unknown>>,
): Promise<E.Either<readonly Problem[], Settings>> => {
  if (wanted.preset === undefined) return decodeSettings(wanted);
  const preset = await presetNamed("--preset", String(wanted.preset));
  return E.isLeft(preset) ? preset : decodeSettings({ ...preset.right.settings, ...wanted });
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
