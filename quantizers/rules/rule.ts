/** @file Rules: how the tensors of a network are quantized, as values that are composed. */
import type { Scheme } from "../../core/scheme.ts";
import { roles } from "../../core/signal.ts";
import type { RangeEstimator } from "../estimators/estimator.ts";
import type { LearnedRange } from "../learned/learnedRange.ts";
import type { WeightTransform } from "../learned/weightTransform.ts";
import type { Projection } from "../projections/projection.ts";
import type { NamedEstimator, NamedQuantizer, Quantizer, QuantizerChoice } from "../quantizer.ts";

/**
 * Values that a rule takes for the quantizer of a site: levels of another kind (`luq()`), a range that is learned (`lsq()`), weights that are
 * bent (`sat()`), or a function from the default quantizer of a role to another one.
 */
export type QuantizerValue = Projection | LearnedRange | WeightTransform | NamedQuantizer | QuantizerChoice;

/** Plan of how tensors are quantized; fields left out are as earlier rules say, and at last the default. */
export interface SitePlan {
  /** Width of the codes: 2 to 8, or 32 for float32, which is not quantized. Default: 8. */
  readonly bits?: number;
  /**
   * Estimator of the range, such as `inHindsight({ decay: 0.95 })`; one of your own as `{ name, estimator }`, or as a function that has a
   * name. Default: `currentMinMax()` for weights, `inHindsight()` for activations and gradients.
   */
  readonly range?: RangeEstimator | NamedEstimator;
  /** Levels, or a range that the quantizer finds itself. Default: equal steps, with zero among them. */
  readonly quantizer?: QuantizerValue;
  /** Grid of equal steps. Default: `symmetric` for weights, `affine` for activations and gradients. */
  readonly scheme?: Scheme;
  /** Default: `stochastic` for gradients, `nearest` for weights and activations. */
  readonly rounding?: Quantizer["rounding"];
  /** One range for the tensor, or one for each output channel, of weights only. Default: `tensor`. */
  readonly granularity?: Quantizer["granularity"];
}

/** Fields of a plan. */
export const planFields = [
  "bits",
  "range",
  "quantizer",
  "scheme",
  "rounding",
  "granularity",
] as const satisfies readonly (keyof SitePlan)[];

/** Roles for which a rule has a plan; `weightGradient` is a second copy of gradients, for the weights alone. */
export const planRoles = [...roles, "weightGradient"] as const;

/** One of `planRoles`. */
export type PlanRole = (typeof planRoles)[number];

/** Wording of a field as its author gave it outside of code: `{ where: "--bits-at", text: "conv1/*=4" }`. */
export interface Said {
  /** Name of the place in errors. */
  readonly where: string;
  /** The value, as it was written. */
  readonly text: string;
}

/**
 * Rule for the sites that match it. In a list of rules a later one goes before an earlier one, field by field.
 *
 * A plan of `gradient` holds for all gradients: also for the copies that only weights get, where the same rule has no `weightGradient` that
 * says otherwise. There are such copies as soon as one rule has a plan for them.
 *
 * @example
 * const rules: readonly Rule[] = [
 *   { weight: { bits: 4 }, activation: { bits: 4 }, gradient: { bits: 4, range: inHindsight({ decay: 0.95 }) } },
 *   { layer: "first", weight: { bits: 8 }, activation: { bits: 8 } },
 *   { at: "layer3/*", gradient: { bits: 8, quantizer: luq() } },
 * ];
 */
export interface Rule extends Readonly<Partial<Record<PlanRole, SitePlan>>> {
  /** Pattern of the paths of sites, such as `conv1/*`, in which `*` stands for any text; all sites if missing. */
  readonly at?: string;
  /** Sites of the first or the last convolution or dense layer of the network only. */
  readonly layer?: "first" | "last";
  /** Recipe that the rule is of. It was written for any network, so it may change nothing in one. */
  readonly recipe?: string;
  /** Wording of fields that a person has written elsewhere, by `weight.bits` and its like; errors quote it. */
  readonly said?: Readonly<Partial<Record<`${PlanRole}.${keyof SitePlan}`, Said>>>;
}

/** Whether a rule is for all sites. */
export const isForAll = ({ at, layer }: Rule): boolean => at === undefined && layer === undefined;
