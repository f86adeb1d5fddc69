/** @file What a catalogue says of a quantizer. */
import type { Entry } from "../core/entry.ts";
import type { Follows } from "../core/follows.ts";
import { type ChoiceOption, type Options, withDefaults } from "../core/options.ts";
import type { Role } from "../core/signal.ts";
import { currentRange } from "./defaultRange.ts";
import { type Quantizer, type QuantizerChoice, quantizerFor } from "./quantizer.ts";

/** Entry of a quantizer: its name, options and function, and the tensors that it is for. */
export interface QuantizerEntry<D extends Options = Options> extends Entry<QuantizerChoice, D> {
  readonly kind: "quantizer";
  /** Roles of tensors that it can quantize. */
  readonly roles: readonly Role[];
  /** Whether its products are integers; otherwise they are float32. */
  readonly isInteger: boolean;
}

/** The entry of a quantizer; the types of its values are inferred from its options. */
export const quantizerEntry = <const D extends Options>(
  described: Omit<QuantizerEntry<D>, "kind">,
): QuantizerEntry<D> => ({ kind: "quantizer", ...described });

/** Option of how a quantizer rounds, where that may be chosen. */
export const rounding = {
  type: "choice",
  choices: ["auto", "nearest", "stochastic"],
  default: "auto",
  help: "auto: stochastic for gradients, nearest for all else",
} as const satisfies ChoiceOption;

/** The rounding that was chosen, if it is not the default one. */
export const roundingOption = (
  chosen: "auto" | Quantizer["rounding"] | undefined,
): Partial<Pick<Quantizer, "rounding">> =>
  chosen === undefined || chosen === "auto" ? {} : { rounding: chosen };

/** The method of an entry with the defaults of its options. */
export const makeDefault = <T>({ options, make }: Pick<Entry<T>, "options" | "make">): T =>
  make(withDefaults(options, {}));

/** Quantity that the levels of an entry's quantizer follow: a learned parameter, or what its projection says; bent weights: the tensor. */
export const followedBy = (entry: QuantizerEntry, role: Role): Follows | "learned" => {
  const { learned, transform, projection } = makeDefault(entry)(quantizerFor(role, 8, currentRange), role);
  if (learned || transform?.learns) return "learned";
  return transform ? "tensor" : (projection?.follows ?? "range");
};
