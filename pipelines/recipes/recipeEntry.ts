/** @file Recipes: quantization and training of a published method, as values for an experiment. */
import type { Accumulator } from "../../core/accumulator.ts";
import type { Entry } from "../../core/entry.ts";
import type { NumberOption, Options } from "../../core/options.ts";
import type { Rule, SitePlan } from "../../quantizers/rules/rule.ts";
import type { Settings } from "../settings/settings.ts";

/** Training settings that a recipe may set; defaults for those that it leaves out. */
export const trainingNames = [
  "optimizer",
  "lr",
  "schedule",
  "warmup",
  "momentum",
  "nesterov",
  "weightDecay",
  "maxGradientNorm",
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
  /** Accumulator of integer products. Default: exact. */
  readonly accumulator?: Accumulator;
};

/** Rules and training settings of a recipe. */
export interface Recipe {
  /** Rules with the name of the recipe, so that they may have no effect in a network without being refused. */
  readonly quantization: readonly Rule[];
  readonly training: Training;
}

/** A recipe in a catalogue: name, source and options, and how it is made from them. */
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

/**
 * Option for the bits of what a recipe quantizes, 2 to 8.
 *
 * @param of what has these bits, such as `of weights`
 */
export const bitsOption = (fallback: number, of: string) =>
  ({
    type: "integer",
    default: fallback,
    least: 2,
    most: 8,
    help: `bits ${of}`,
  }) as const satisfies NumberOption;

const float32: SitePlan = { bits: 32 };

/** Rules for the first and the last layer in float32. */
export const endsInFloat32: readonly Rule[] = (["first", "last"] as const).map((layer) => ({
  layer,
  weight: float32,
  activation: float32,
  gradient: float32,
}));
