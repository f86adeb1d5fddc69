/** @file What a catalogue says of learned ranges, and of what bends weights. */
import type { Entry } from "../../core/entry.ts";
import type { Options, Values } from "../../core/options.ts";
import type { Projection } from "../projections/projection.ts";
import type { LearnedRange } from "./learnedRange.ts";
import type { WeightTransform } from "./weightTransform.ts";

/** Entry of a learned range: its name, options and function, as its file exports them. */
export interface LearnedEntry<D extends Options = Options> extends Entry<LearnedRange, D> {
  readonly kind: "learned";
  /** Levels in the learned range, where options ask for others than equal steps. */
  projection?(values: Values<NoInfer<D>>): Projection | undefined;
}

/** Entry of a weight transform: its name, options and function, as its file exports them. */
export interface TransformEntry<D extends Options = Options> extends Entry<WeightTransform, D> {
  readonly kind: "transform";
}

/** The entry of a learned range; the types of its values are inferred from its options. */
export const learnedEntry = <const D extends Options>(
  described: Omit<LearnedEntry<D>, "kind">,
): LearnedEntry<D> => ({ kind: "learned", ...described });

/** The entry of a weight transform; the types of its values are inferred from its options. */
export const transformEntry = <const D extends Options>(
  described: Omit<TransformEntry<D>, "kind">,
): TransformEntry<D> => ({ kind: "transform", ...described });

/** Whether activations have levels below 0. */
export const sign = {
  type: "choice",
  choices: ["auto", "signed", "unsigned"],
  default: "auto",
  help: "whether activations have levels below 0; auto: if the first tensor has elements below 0",
} as const;
