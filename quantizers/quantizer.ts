/** @file How a role or a site is quantized: bits, grid, rounding, and whose ranges. */
import * as E from "fp-ts/lib/Either.js";
import type { QuantError } from "../core/errors.ts";
import { isBits } from "../core/qparams.ts";
import type { Scheme } from "../core/scheme.ts";
import type { Role } from "../core/signal.ts";
import type { RangeEstimator } from "./estimators/estimator.ts";
import type { LearnedRange } from "./learned/learnedRange.ts";
import type { WeightTransform } from "./learned/weightTransform.ts";
import type { Projection } from "./projections/projection.ts";

/** An estimator with the name that recordings, tables and errors call it. */
export interface NamedEstimator {
  readonly name: string;
  readonly estimator: RangeEstimator;
}

/** An estimator under the name that it has as a function; all of ours have one. */
export const byOwnName = (estimator: RangeEstimator): NamedEstimator => ({ name: estimator.name, estimator });

/** How the tensors of a site are quantized: width, levels and rounding, and whose ranges. */
export interface Quantizer {
  /** 2 to 8, or 32: not quantized, float32. */
  readonly bits: number;
  readonly scheme: Scheme;
  readonly rounding: "nearest" | "stochastic";
  /** `channel`: a range for each output channel; weights only, since a product cannot take other scales out of its sums. */
  readonly granularity: "tensor" | "channel";
  readonly estimator: NamedEstimator;
  /** A range that is trained with the network; the estimator is not asked then. */
  readonly learned?: LearnedRange;
  /** Weights that are bent before they are rounded, with 32 bits too; the estimator is not asked. */
  readonly transform?: WeightTransform;
  /** Quantizes in float32 what no uniform grid holds; without one the grid is uniform, and codes are integers. */
  readonly projection?: Projection;
}

/** Takes the default quantizer of a role, and gives the one that is meant. */
export type QuantizerChoice = (base: Quantizer, role: Role) => Quantizer;

/** A choice of a quantizer with the name that tables and errors call it. */
export interface NamedQuantizer {
  readonly name: string;
  readonly choose: QuantizerChoice;
}

/** Scheme of the grid of a role, where nothing else is said. */
export const schemeFor = (role: Role): Scheme => (role === "weight" ? "symmetric" : "affine");

/**
 * Weights symmetric, activations and gradients affine; gradients rounded stochastically.
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

/** Widths that can be asked for: 2 to 8 bits, or the 32 that stands for float32. */
export const isWidth = (bits: number): boolean => bits === 32 || isBits(bits);

/** The width, if it is one. */
export const checkBits = (where: string, bits: number): E.Either<QuantError, number> =>
  isWidth(bits) ? E.right(bits) : E.left({ _tag: "BitsOutOfRange", site: where, bits });

/** Whether what it makes of a tensor are integers times one step (or one for each channel), so that integer products have it for operands. */
export const makesIntegers = ({ bits, transform, projection }: Quantizer): boolean => {
  const special = transform ?? projection;
  return bits !== 32 && (special === undefined || (special.integerBits?.includes(bits) ?? false));
};

/** Whether a quantizer finds its ranges itself, so that its estimator is not asked. */
export const bringsRanges = ({ learned, transform }: Quantizer): boolean =>
  (learned ?? transform) !== undefined;

const ofQuantizer = "quantizer ";

/** Name in recordings of whose ranges a site uses: that of its estimator, or `quantizer lsq` where the quantizer itself knows them. */
export const rangesOf = ({ learned, transform, estimator }: Quantizer): string => {
  const own = learned ?? transform;
  return own ? `${ofQuantizer}${own.name}` : estimator.name;
};

/** Whether a recording says under such a name that ranges came from the quantizer itself, so that no estimator can replay them. */
export const isQuantizers = (name: string): boolean => name.startsWith(ofQuantizer);
