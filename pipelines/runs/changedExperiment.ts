/** @file Experiments with parts overridden by settings of the command line. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { expectedName } from "../../core/nearest.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { recipeNamed } from "../recipes/recipeNamed.ts";
import { recipeSettings } from "../recipes/recipeSettings.ts";
import { recipeParts } from "../recipes/recipes.ts";
import { changing, local, ofAnyExperiment } from "../settings/commandOptions.ts";
import { flatRules } from "../settings/flatRules.ts";
import {
  accumulatorIn,
  decodeSettings,
  defaults,
  optionOf,
  type Settings,
  settingNames,
} from "../settings/settings.ts";
import type { Locate } from "../settings/userFiles.ts";

const foreign = (name: string, file: string): Problem =>
  problem(
    optionOf(name),
    `a setting of built-in experiments, not of ${file}`,
    expectedName(
      optionOf(name),
      ofAnyExperiment.map(optionOf),
      `an option that the file declares, or one of ${changing.map(optionOf).join(", ")}`,
    ),
    `rangeflow train ${file} --help lists all of them`,
  );

/**
 * Checks the changes to the experiment of a file.
 *
 * @returns the given settings, decoded and in canonical order
 * @throws `RangeflowFailure` with every invalid change
 */
export const checkedChanges = (file: string, given: Readonly<Record<string, unknown>>): Partial<Settings> => {
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  const strange = names
    .filter((name) => !(ofAnyExperiment as readonly string[]).includes(name))
    .map((name) => foreign(name, file));
  const decoded = decodeSettings(given);
  const problems = [...strange, ...(E.isLeft(decoded) && strange.length === 0 ? decoded.left : [])];
  if (problems.length > 0 || E.isLeft(decoded)) throw new RangeflowFailure(...problems);
  return Object.fromEntries(
    settingNames
      .filter((name) => names.includes(name) && !local.includes(name))
      .map((name) => [name, decoded.right[name]]),
  );
};

/** The experiment with checked changes. Quantization settings among them override its own rules; a recipe overrides its other parts. */
export const changedExperiment = async (
  base: Experiment,
  changes: Partial<Settings>,
  locate: Locate,
): Promise<Experiment> => {
  const { epochs, batch, seed, sqnrEvery, histogramEvery } = changes;
  const recipe = getOrThrow(await recipeNamed("--recipe", changes.recipe ?? defaults.recipe, locate));
  const settings = getOrThrow(decodeSettings({ ...recipeSettings(recipe), ...changes }));
  const { quantization, ...training } = recipeParts(recipe);
  const rules = await flatRules(settings, { recipe: quantization, locate, said: Object.keys(changes) });
  const { accumulator: own, ...rest } = { ...base, ...training };
  const accumulator = changes.accumulator === undefined ? own : accumulatorIn(changes.accumulator);
  return {
    ...rest,
    ...(accumulator && { accumulator }),
    ...(epochs !== undefined && { epochs }),
    ...(batch !== undefined && { batch }),
    ...(seed !== undefined && { seed }),
    measurements: {
      ...base.measurements,
      ...(sqnrEvery !== undefined && { sqnrEvery }),
      ...(histogramEvery !== undefined && { histogramEvery }),
    },
    quantization: [...base.quantization, ...rules],
  };
};
