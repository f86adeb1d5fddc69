/** @file The built-in recipes as functions that return parts of an experiment. */
import { type Given, type Options, withDefaults } from "../../core/options.ts";
import { trainingParts } from "../experiments/builtInExperiment.ts";
import type { Experiment, PartialExperiment } from "../experiments/experiment.ts";
import { recipeEntries } from "./recipeCatalogue.ts";
import type { Recipe, RecipeEntry } from "./recipeEntry.ts";
import { recipeSettings } from "./recipeSettings.ts";

/** Parts that a recipe gives an experiment: quantization rules and training settings. */
export type RecipeParts = PartialExperiment & Pick<Experiment, "quantization">;

/** The parts of an experiment that a recipe sets; other parts are absent. */
export const recipeParts = (recipe: Recipe): RecipeParts => ({
  ...trainingParts(recipeSettings(recipe)),
  quantization: recipe.quantization,
});

type Entries = typeof recipeEntries;

/** A recipe in code: a function of its options. */
export type RecipeOf<D extends Options> = (given?: Given<D>) => RecipeParts;

const inCode =
  ({ name, options, make }: RecipeEntry) =>
  (given: Given<Options> = {}): RecipeParts =>
    recipeParts(make(withDefaults(options, given, `recipes.${name}`)));

/**
 * The built-in recipes. Each returns parts of an experiment, to be spread into one: properties that follow them override them, and so do
 * rules that follow theirs.
 *
 * @example
 * import { crossEntropy, experiment, glyphs, recipes } from "rangeflow";
 * import { lenet5 } from "rangeflow/models";
 *
 * const { quantization, ...training } = recipes.lbt({ bits: 3 });
 * experiment({
 *   ...training,
 *   network: lenet5({ classes: 10 }),
 *   data: glyphs({ train: 640, test: 64 }),
 *   loss: crossEntropy(),
 *   quantization: [...quantization, { at: "conv2/*", weight: { bits: 8 } }],
 * }).quantization.length; // 4
 */
export const recipes = Object.fromEntries(
  Object.entries(recipeEntries as Readonly<Record<string, unknown>>).map(([name, entry]) => [
    name,
    inCode(entry as RecipeEntry),
  ]),
) as unknown as { readonly [K in keyof Entries]: RecipeOf<Entries[K]["options"]> };
