/** @file Rules: how the tensors of a network are quantized, as composable values. */
import type { Scheme } from "../../core/scheme.ts";
import { roles } from "../../core/signal.ts";
import type { RangeEstimator } from "../estimators/estimator.ts";
import type { LearnedRange } from "../learned/learnedRange.ts";
import type { WeightTransform } from "../learned/weightTransform.ts";
import type { Projection } from "../projections/projection.ts";
import type { NamedEstimator, NamedQuantizer, Quantizer, QuantizerChoice } from "../quantizer.ts";

/**
 * A quantizer in a rule: other levels (`luq()`), a learned range (`lsq()`), a weight transform (`sat()`), or a function that
 * changes the default quantizer of a role.
 */
export type QuantizerValue = Projection | LearnedRange | WeightTransform | NamedQuantizer | QuantizerChoice;

/**
 * How tensors are quantized; the counterpart of a `torch.ao.quantization.QConfig`. An omitted field keeps the value of earlier
 * rules, and otherwise its default.
 */
export interface SitePlan {
  /** Bit width: 2 to 8, or 32 for float32. Default: 8. */
  readonly bits?: number;
  /**
   * Estimator of the range, e.g. `inHindsight({ decay: 0.95 })`. One of your own is `{ name, estimator }`, or a function with a
   * name. Default: `currentMinMax()` for weights, `inHindsight()` for activations and gradients.
   */
  readonly range?: RangeEstimator | NamedEstimator;
  /** Levels, or a quantizer that computes its own ranges. Default: uniform, with zero among the levels. */
  readonly quantizer?: QuantizerValue;
  /** Scheme of the uniform grid. Default: `symmetric` for weights, `affine` for activations and gradients. */
  readonly scheme?: Scheme;
  /** Rounding mode. Default: `stochastic` for gradients, `nearest` for weights and activations. */
  readonly rounding?: Quantizer["rounding"];
  /** One range per `tensor`, or one per output `channel`, for weights only. Default: `tensor`. */
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

/** Roles that a rule can have a plan for. `weightGradient` is a second copy of gradients, for the weights alone. */
export const planRoles = [...roles, "weightGradient"] as const;

/** One of `planRoles`. */
export type PlanRole = (typeof planRoles)[number];

/** Original text of a field that was not given in code: `{ where: "--bits-at", text: "conv1/*=4" }`. */
export interface Said {
  /** Name of its source, for errors. */
  readonly where: string;
  /** The value as written. */
  readonly text: string;
}

/**
 * Quantization rule for the sites that match it. In a list of rules, later ones override earlier ones, field by field.
 *
 * A plan for `gradient` applies to all gradients, including second copies for weights alone, unless the same rule has a
 * `weightGradient` that overrides it. Such copies exist if any rule has a plan for them.
 *
 * @example
 * const rules: readonly Rule[] = [
 *   { weight: { bits: 4 }, activation: { bits: 4 }, gradient: { bits: 4, range: inHindsight({ decay: 0.95 }) } },
 *   { layer: "first", weight: { bits: 8 }, activation: { bits: 8 } },
 *   { at: "layer3/*", gradient: { bits: 8, quantizer: luq() } },
 * ];
 */
export interface Rule extends Readonly<Partial<Record<PlanRole, SitePlan>>> {
  /** Pattern of site paths, e.g. `conv1/*`, in which `*` stands for any text. Default: all sites. */
  readonly at?: string;
  /** Restricts the rule to sites of the first or last convolution or dense layer. Default: all layers. */
  readonly layer?: "first" | "last";
  /** Recipe that the rule belongs to. Recipes are written for any network, so such a rule may have no effect. */
  readonly recipe?: string;
  /** Original texts of fields, by `weight.bits` and the like, for errors. */
  readonly said?: Readonly<Partial<Record<`${PlanRole}.${keyof SitePlan}`, Said>>>;
}

/** Whether a rule applies to all sites. */
export const isForAll = ({ at, layer }: Rule): boolean => at === undefined && layer === undefined;
