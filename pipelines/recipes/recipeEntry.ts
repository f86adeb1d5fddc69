/** @file Recipes: how a published method quantizes and trains, as parts of an experiment. */
import type { Accumulator } from "../../core/accumulator.ts";
import type { Entry } from "../../core/entry.ts";
import type { NumberOption, Options } from "../../core/options.ts";
import type { Rule, SitePlan } from "../../quantizers/rules/rule.ts";
import type { Settings } from "../settings/settings.ts";

/** Settings other than quantization that a recipe may set. Those that it leaves out have their defaults. */
export const trainingNames = [
  "optimizer",
  "lr",
  "schedule",
  "warmup",
  "momentum",
  "nesterov",
  "weightDecay",
  "quantizerLr",
  "dclrs",
  "trialEvery",
  "trialMix",
  "barrier",
  "barrierOn",
  "barrierBound",
  "barrierSharpness",
  "barrierGrowth",
  "constraint",
  "constraintLayers",
  "constraintLr",
] as const;

/** Training settings of a recipe. */
export type Training = Partial<Pick<Settings, (typeof trainingNames)[number]>> & {
  /** Accumulator of integer products. Default: exact sums. */
  readonly accumulator?: Accumulator;
};

/** Rules and training settings of a recipe. */
export interface Recipe {
  /** Quantization rules. Each is marked with the recipe's name, because such a rule may turn out to have no effect on a network. */
  readonly quantization: readonly Rule[];
  readonly training: Training;
}

/** A recipe with its name, source and options, as its own file exports it. */
export interface RecipeEntry<D extends Options = Options> extends Entry<Recipe, D> {
  readonly kind: "recipe";
}

/** Makes the entry of a recipe. The types of its values are inferred from its options. */
export const recipeEntry = <const D extends Options>({
  make,
  ...described
}: Omit<RecipeEntry<D>, "kind" | "make"> & {
  readonly make: (values: Parameters<RecipeEntry<D>["make"]>[0]) => {
    readonly quantization: readonly Rule[];
    readonly training?: Training;
  };
}): RecipeEntry<D> => ({
  kind: "recipe",
  ...described,
  make: (values) => {
    const { quantization, training = {} } = make(values);
    return { quantization: quantization.map((rule) => ({ ...rule, recipe: described.name })), training };
  },
});

/** Option for the bit width of what a recipe quantizes, from 2 to 8. */
export const bitsOption = (fallback: number, help: string) =>
  ({ type: "integer", default: fallback, least: 2, most: 8, help }) as const satisfies NumberOption;

const float32: SitePlan = { bits: 32 };

/** Rules that leave the first and the last layer in float32, as many methods do. */
export const endsInFloat32: readonly Rule[] = (["first", "last"] as const).map((layer) => ({
  layer,
  weight: float32,
  activation: float32,
  gradient: float32,
}));
