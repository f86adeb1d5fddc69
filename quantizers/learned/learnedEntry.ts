/** @file Catalogue entries of learned ranges and weight transforms. */
import type { Entry } from "../../core/entry.ts";
import type { Options, Values } from "../../core/options.ts";
import type { Projection } from "../projections/projection.ts";
import type { LearnedRange } from "./learnedRange.ts";
import type { WeightTransform } from "./weightTransform.ts";

/** Catalogue entry of a learned range: name, options and function. Its file exports it. */
export interface LearnedEntry<D extends Options = Options> extends Entry<LearnedRange, D> {
  readonly kind: "learned";
  /** Levels within the learned range, if the options ask for other than equally spaced ones. */
  projection?(values: Values<NoInfer<D>>): Projection | undefined;
}

/** Catalogue entry of a weight transform: name, options and function. Its file exports it. */
export interface TransformEntry<D extends Options = Options> extends Entry<WeightTransform, D> {
  readonly kind: "transform";
}

/** Makes the catalogue entry of a learned range. The types of its option values are inferred from `options`. */
export const learnedEntry = <const D extends Options>(
  described: Omit<LearnedEntry<D>, "kind">,
): LearnedEntry<D> => ({ kind: "learned", ...described });

/** Makes the catalogue entry of a weight transform. The types of its option values are inferred from `options`. */
export const transformEntry = <const D extends Options>(
  described: Omit<TransformEntry<D>, "kind">,
): TransformEntry<D> => ({ kind: "transform", ...described });

/** The option that says whether activations have levels below 0. */
export const sign = {
  type: "choice",
  choices: ["auto", "signed", "unsigned"],
  default: "auto",
  help: "whether activations have levels below 0; auto: if the first tensor has elements below 0",
} as const;
