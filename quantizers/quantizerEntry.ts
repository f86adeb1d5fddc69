/** @file Catalogue entries of quantizers. */
import type { Entry } from "../core/entry.ts";
import type { Follows } from "../core/follows.ts";
import { type ChoiceOption, type Options, withDefaults } from "../core/options.ts";
import type { Role } from "../core/signal.ts";
import { currentRange } from "./defaultRange.ts";
import { type Quantizer, type QuantizerChoice, quantizerFor } from "./quantizer.ts";

/** Catalogue entry of a quantizer: name, options, function, and roles. */
export interface QuantizerEntry<D extends Options = Options> extends Entry<QuantizerChoice, D> {
  readonly kind: "quantizer";
  /** Roles of the tensors that it can quantize. */
  readonly roles: readonly Role[];
  /** Whether its products are integers; otherwise they are float32. */
  readonly isInteger: boolean;
}

/** Makes the catalogue entry of a quantizer. The types of its option values are inferred from `options`. */
export const quantizerEntry = <const D extends Options>(
  described: Omit<QuantizerEntry<D>, "kind">,
): QuantizerEntry<D> => ({ kind: "quantizer", ...described });

/** The option that chooses the rounding of a quantizer. */
export const rounding = {
  type: "choice",
  choices: ["auto", "nearest", "stochastic"],
  default: "auto",
  help: "auto: stochastic for gradients, nearest for all else",
} as const satisfies ChoiceOption;

/** The chosen rounding, unless it is the default. */
export const roundingOption = (
  chosen: "auto" | Quantizer["rounding"] | undefined,
): Partial<Pick<Quantizer, "rounding">> =>
  chosen === undefined || chosen === "auto" ? {} : { rounding: chosen };

/** The method of an entry with the defaults of its options. */
export const makeDefault = <T>({ options, make }: Pick<Entry<T>, "options" | "make">): T =>
  make(withDefaults(options, {}));

/**
 * What the levels of an entry's quantizer depend on: `learned` for a learned parameter, `tensor` for a weight transform, otherwise
 * that of its projection.
 */
export const followedBy = (entry: QuantizerEntry, role: Role): Follows | "learned" => {
  const { learned, transform, projection } = makeDefault(entry)(quantizerFor(role, 8, currentRange), role);
  if (learned || transform?.learns) return "learned";
  return transform ? "tensor" : (projection?.follows ?? "range");
};
