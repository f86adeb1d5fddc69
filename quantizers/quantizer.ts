/** @file Quantizers: how a site is quantized, with bits, levels, rounding, and the source of ranges. */
import * as E from "fp-ts/lib/Either.js";
import type { QuantError } from "../core/errors.ts";
import { isBits } from "../core/qparams.ts";
import type { Scheme } from "../core/scheme.ts";
import type { Role } from "../core/signal.ts";
import type { RangeEstimator } from "./estimators/estimator.ts";
import type { LearnedRange } from "./learned/learnedRange.ts";
import type { WeightTransform } from "./learned/weightTransform.ts";
import type { Projection } from "./projections/projection.ts";

/** An estimator with its name in recordings, tables and errors. */
export interface NamedEstimator {
  readonly name: string;
  /** The range estimator. */
  readonly estimator: RangeEstimator;
}

/** An estimator under the name of its function; all built-in ones have one. */
export const byOwnName = (estimator: RangeEstimator): NamedEstimator => ({ name: estimator.name, estimator });

/** How the tensors of a site are quantized: bit width, levels and rounding, and the source of ranges. */
export interface Quantizer {
  /** Bit width, 2 to 8, or 32 for float32 (not quantized). */
  readonly bits: number;
  /** Scheme of the uniform grid. */
  readonly scheme: Scheme;
  /** Rounding to the nearest level, or stochastic rounding to one of two neighbours. */
  readonly rounding: "nearest" | "stochastic";
  /**
   * `tensor`: one range per tensor. `channel`: one per output channel, for weights only, because a product cannot factor other
   * scales out of its sums.
   */
  readonly granularity: "tensor" | "channel";
  /** Estimator of the ranges. */
  readonly estimator: NamedEstimator;
  /** A range that is trained with the network, instead of the estimator. */
  readonly learned?: LearnedRange;
  /** A transform of weights before rounding, also at 32 bits, instead of the estimator. */
  readonly transform?: WeightTransform;
  /** Levels that a uniform grid cannot represent, computed in float32. Without it, the grid is uniform and codes are integers. */
  readonly projection?: Projection;
}

/** Makes a quantizer from the default quantizer of a role. */
export type QuantizerChoice = (base: Quantizer, role: Role) => Quantizer;

/** A choice of a quantizer with its name in tables and errors. */
export interface NamedQuantizer {
  readonly name: string;
  readonly choose: QuantizerChoice;
}

/** Default scheme of a role: symmetric for weights, affine for activations and gradients. */
export const schemeFor = (role: Role): Scheme => (role === "weight" ? "symmetric" : "affine");

/**
 * The default quantizer of a role: symmetric for weights, affine for activations and gradients; stochastic rounding for gradients,
 * nearest otherwise; one range per tensor.
 *
 * @example
 * const { scheme, rounding } = quantizerFor("gradient", 8, { name: "inHindsight", estimator: inHindsight() });
 * [scheme, rounding]; // ["affine", "stochastic"]
 */
export const quantizerFor = (role: Role, bits: number, estimator: NamedEstimator): Quantizer => ({
  bits,
  scheme: schemeFor(role),
  rounding: role === "gradient" ? "stochastic" : "nearest",
  granularity: "tensor",
  estimator,
});

/** Whether a bit width is valid: 2 to 8, or 32 for float32. */
export const isWidth = (bits: number): boolean => bits === 32 || isBits(bits);

/** The bit width if it is valid; `Left` of `BitsOutOfRange` otherwise. */
export const checkBits = (where: string, bits: number): E.Either<QuantError, number> =>
  isWidth(bits) ? E.right(bits) : E.left({ _tag: "BitsOutOfRange", site: where, bits });

/** Whether it produces integers times one step (or one step per channel), which integer products can use. */
export const makesIntegers = ({ bits, transform, projection }: Quantizer): boolean => {
  const special = transform ?? projection;
  return bits !== 32 && (special === undefined || (special.integerBits?.includes(bits) ?? false));
};

/** Number of elements that share a scale, if a quantizer makes integers in blocks. */
export const blockSizeOf = ({ bits, transform, projection }: Quantizer): number | undefined =>
  bits === 32 || transform ? undefined : projection?.integerBlocks?.size;

/** Whether a quantizer computes its own ranges, so that its estimator is not used. */
export const bringsRanges = ({ learned, transform }: Quantizer): boolean =>
  (learned ?? transform) !== undefined;

const ofQuantizer = "quantizer ";

/** Name in recordings for the source of a site's ranges: its estimator, or e.g. `quantizer lsq` if the quantizer computes them. */
export const rangesOf = ({ learned, transform, estimator }: Quantizer): string => {
  const own = learned ?? transform;
  return own ? `${ofQuantizer}${own.name}` : estimator.name;
};

/** Whether such a name in a recording stands for a quantizer's own ranges, which no estimator can replay. */
export const isQuantizers = (name: string): boolean => name.startsWith(ofQuantizer);

/** Name of the quantizer whose own ranges such a name in a recording stands for; undefined for an estimator. */
export const quantizerOfRanges = (name: string): string | undefined =>
  isQuantizers(name) ? name.slice(ofQuantizer.length) : undefined;
