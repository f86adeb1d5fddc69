/** @file A recipe as flat settings. */
import type { Settings } from "../settings/settings.ts";
import { accumulatorText } from "../settings/settings.ts";
import { shownSettings } from "../settings/shownSettings.ts";
import type { Recipe } from "./recipeEntry.ts";

/** The settings that a recipe comes to, as far as flat settings can express it. */
export const recipeSettings = ({ quantization, training }: Recipe): Partial<Settings> => {
  const { accumulator, ...plain } = training;
  return {
    ...shownSettings(quantization),
    ...plain,
    ...(accumulator && { accumulator: accumulatorText(accumulator) }),
  };
};
