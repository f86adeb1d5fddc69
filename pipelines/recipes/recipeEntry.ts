/** @file What a recipe is: how a published method quantizes and trains, as values that an experiment takes. */
import type { Accumulator } from "../../core/accumulator.ts";
import type { Entry } from "../../core/entry.ts";
import type { NumberOption, Options } from "../../core/options.ts";
import type { Rule, SitePlan } from "../../quantizers/rules/rule.ts";
import type { Settings } from "../settings/settings.ts";

/** Settings beside quantization that a recipe may have; what it leaves out has its default. */
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

/** Training settings of a recipe, beside how it quantizes. */
export type Training = Partial<Pick<Settings, (typeof trainingNames)[number]>> & {
  /** Accumulator of integer products; exact where missing. */
  readonly accumulator?: Accumulator;
};

/** Content of a recipe. */
export interface Recipe {
  /** Its rules name it, so that they may change nothing in a network. */
  readonly quantization: readonly Rule[];
  readonly training: Training;
}

/** A recipe in its own file: its name and source, its options, and what it makes of them. */
export interface RecipeEntry<D extends Options = Options> extends Entry<Recipe, D> {
  readonly kind: "recipe";
}

/** The entry of a recipe; the types of its values are inferred from its options. */
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

/** Bits of what a recipe quantizes. */
export const bitsOption = (fallback: number, help: string) =>
  ({ type: "integer", default: fallback, least: 2, most: 8, help }) as const satisfies NumberOption;

const float32: SitePlan = { bits: 32 };

/** The first and the last layer in float32, as many methods have them. */
export const endsInFloat32: readonly Rule[] = (["first", "last"] as const).map((layer) => ({
  layer,
  weight: float32,
  activation: float32,
  gradient: float32,
}));
