/** @file What the catalogue says of a quantizer, and the parts that its entries are made of. */
import type { Follows } from "../../core/follows.ts";
import type { Role } from "../../core/signal.ts";
import { currentMinMax } from "../estimators/currentMinMax.ts";
import type { Projection } from "../projections/projection.ts";
import { type Quantizer, type QuantizerChoice, quantizerFor } from "../quantizer.ts";
import { withProjection } from "../withProjection.ts";
import { type ChoiceOption, defaultOf, type Entry, type NumberOption, type OptionValues } from "./named.ts";

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

/** Settled by the method, whatever the role. */
export const nearest: Partial<Quantizer> = { rounding: "nearest" };
export const stochastic: Partial<Quantizer> = { rounding: "stochastic" };

/** An entry with the defaults of its options. */
const plain = <T>({ options, make }: Pick<Entry<T>, "options" | "make">): T =>
  make(Object.fromEntries(options.map((option) => [option.name, defaultOf(option)])) as OptionValues);

/** What the levels of an entry's quantizer follow: a learned parameter, or what its projection says; bent weights follow the tensor. */
export const followedBy = (entry: QuantizerEntry, role: Role): Follows | "learned" => {
  const usual = quantizerFor(role, 8, { name: "currentMinMax", estimator: currentMinMax() });
  const { learned, transform, projection } = plain(entry)(usual, role);
  if (learned || transform?.learns) return "learned";
  return transform ? "tensor" : (projection?.follows ?? "range");
};

/** An entry whose quantizer projects; it can work where the projection can, and `how` says what else the method settles. */
export const projecting = (
  described: Pick<QuantizerEntry, "name" | "summary" | "source" | "options">,
  make: (options: OptionValues) => Projection,
  how: Partial<Quantizer> = {},
): QuantizerEntry => ({
  ...described,
  roles: plain({ options: described.options, make }).roles ?? everyRole,
  isInteger: false,
  make: (options) => (usual) =>
    withProjection({ ...usual, ...how, ...chosen(options, "rounding") }, make(options)),
});
