/** @file What the catalogue says of a quantizer, and the parts that its entries are made of. */
import type { Role } from "../core/signal.ts";
import { currentMinMax } from "./currentMinMax.ts";
import {
  type ChoiceOption,
  defaultOf,
  type Entry,
  type NumberOption,
  numberOf,
  type OptionValues,
} from "./named.ts";
import type { Projection } from "./projection.ts";
import type { Quantizer } from "./quantizer.ts";

/** Takes the usual quantizer of a role, and gives the one that is meant. */
export type QuantizerChoice = (usual: Quantizer, role: Role) => Quantizer;

export interface QuantizerEntry extends Entry<QuantizerChoice> {
  /** Where it can work. */
  readonly roles: readonly Role[];
  /** Whether its products are integers; otherwise they are float32. */
  readonly isInteger: boolean;
}

export const everyRole: readonly Role[] = ["weight", "activation", "gradient"];

export const rounding: ChoiceOption = {
  name: "rounding",
  summary: "usual: stochastic for gradients, nearest for all else",
  choices: ["usual", "nearest", "stochastic"],
};

/** Of the options with these names, those that do not say `usual`. */
export const chosen = (options: OptionValues, ...names: readonly string[]): Partial<Quantizer> =>
  Object.fromEntries(
    names
      .map((name) => [name, options[name]] as const)
      .filter(([, choice]) => choice !== undefined && choice !== "usual"),
  );

export const wholeOption = (
  name: string,
  summary: string,
  [least, most]: readonly [number, number],
  fallback = Number.NaN,
): NumberOption => ({ name, summary, default: fallback, least, most, isWhole: true });

/** A number that need not be given, as a property that need not be there. */
export const givenNumber = <K extends string>(
  options: OptionValues,
  name: K,
): { readonly [_ in K]?: number } => {
  const value = numberOf(options, name);
  return (Number.isNaN(value) ? {} : { [name]: value }) as { readonly [_ in K]?: number };
};

/** Settled by the method, whatever the role. */
export const nearest: Partial<Quantizer> = { rounding: "nearest" };
export const stochastic: Partial<Quantizer> = { rounding: "stochastic" };

/** Where levels follow the tensor itself, a site is dynamic and should say so: the range of the moment. */
const ownLevels: Partial<Quantizer> = {
  estimator: { name: "currentMinMax", estimator: currentMinMax() },
};
export const ownNearest: Partial<Quantizer> = { ...nearest, ...ownLevels };
export const ownStochastic: Partial<Quantizer> = { ...stochastic, ...ownLevels };

/** An entry whose quantizer projects; it can work where the projection can, and `how` says what else the method settles. */
export const projecting = (
  described: Pick<QuantizerEntry, "name" | "summary" | "source" | "options">,
  make: (options: OptionValues) => Projection,
  how: Partial<Quantizer> = {},
): QuantizerEntry => {
  const defaults = Object.fromEntries(described.options.map((option) => [option.name, defaultOf(option)]));
  return {
    ...described,
    roles: make(defaults as OptionValues).roles ?? everyRole,
    isInteger: false,
    make: (options) => (usual) => ({
      ...usual,
      ...how,
      ...chosen(options, "rounding"),
      projection: make(options),
    }),
  };
};
