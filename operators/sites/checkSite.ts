import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, type RangeflowError, thrownBy } from "../../core/errors.ts";
import { followsNames } from "../../core/follows.ts";
import { listed } from "../../core/inWords.ts";
import { schemeNames } from "../../core/scheme.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import { sharedExponentModes } from "../../core/sharedExponent.ts";
import type { Role } from "../../core/signal.ts";
import { checkBits, type Quantizer } from "../../quantizers/quantizer.ts";
import { wastesRanges } from "../../quantizers/withProjection.ts";
import { hookPoint } from "../module/hooks.ts";
import type { Scope } from "../module/module.ts";

/** Why a quantizer cannot be used at the site of a path, and what can; `undefined` if it can. */
export type Refusal = (path: string, role: Role, quantizer: Quantizer) => Problem | undefined;

/** Hooks that refuse quantizers at sites when a network is built. */
export const refusing = hookPoint<Refusal>();

const specialOf = ({ learned, transform, projection }: Quantizer) => learned ?? transform ?? projection;

const isOneOf = (value: unknown, all: readonly unknown[] | undefined): boolean =>
  all?.includes(value) ?? true;

const areFunctions = (...all: readonly unknown[]): boolean => all.every((one) => typeof one === "function");

/** The invalid part of a quantizer, which may be user code; `undefined` if all parts are valid. */
export const wrongPart = ({
  scheme,
  rounding,
  granularity,
  estimator,
  learned,
  transform,
  projection,
}: Quantizer): string | undefined => {
  if (!isOneOf(scheme, schemeNames)) return `the scheme ${String(scheme)}`;
  if (!isOneOf(rounding, ["nearest", "stochastic"])) return `the rounding ${String(rounding)}`;
  if (!isOneOf(granularity, ["tensor", "channel"])) return `the granularity ${String(granularity)}`;
  if (typeof estimator?.name !== "string" || !areFunctions(estimator.estimator))
    return "no estimator with a name";
  if (!isOneOf(estimator.estimator.measures, [undefined, "waiting", "all"]))
    return `an estimator that measures ${String(estimator.estimator.measures)}`;
  if (projection && !(areFunctions(projection.project) && isOneOf(projection.follows, followsNames)))
    return "a projection without project or follows";
  if (transform && !areFunctions(transform.transform)) return "a weight transform without transform";
  if ([projection, transform, learned].some((one) => one && typeof one.name !== "string"))
    return "a part without a name";
  if (learned && !areFunctions(learned.start, learned.range, learned.gradientScale, learned.learning?.keep))
    return "a learned range without start, range, gradientScale or learning";
  return undefined;
};

const wholeQuantizer: Refusal = (path, _role, quantizer) => {
  const found = wrongPart(quantizer);
  return found === undefined
    ? undefined
    : problem(path, `a quantizer with ${found}`, "one as quantizerFor and withProjection make it");
};

const channelsOfWeightsOnly: Refusal = (path, role, { granularity }) =>
  granularity === "channel" && role !== "weight"
    ? problem(
        path,
        `a range for each channel of ${role === "gradient" ? "a gradient" : "an activation"}`,
        "one for the whole tensor, because an integer product cannot factor a scale for each channel out of its sums",
        "use granularity channel for weights only",
      )
    : undefined;

const itsRoles: Refusal = (path, role, quantizer) => {
  const special = specialOf(quantizer);
  return special?.roles && !special.roles.includes(role)
    ? problem(
        path,
        `the quantizer ${special.name} for ${role}s`,
        `${listed(
          special.roles.map((possible) => `${possible}s`),
          "or",
        )}, all that it can quantize`,
        "rangeflow estimators shows where each quantizer can be used",
      )
    : undefined;
};

const itsBits: Refusal = (path, _role, { projection, bits }) =>
  projection?.bits && bits !== 32 && !projection.bits.includes(bits)
    ? problem(
        path,
        `the quantizer ${projection.name} with ${bits} bits`,
        `${listed(projection.bits.map(String), "or")} bits, all that it supports`,
        "give it a width of its own with --bits-at",
      )
    : undefined;

const wholeBlocks: Refusal = (path, _role, { projection }) => {
  const { size, scale } = projection?.integerBlocks ?? { size: 2, scale: "rceil" };
  return isPositiveInteger(size) && size % 2 === 0 && size <= 65536 && isOneOf(scale, sharedExponentModes)
    ? undefined
    : problem(
        path,
        `integerBlocks of ${String(size)} elements with the scale ${String(scale)} in the quantizer ${projection?.name}`,
        `an even number of elements from 2 to 65536, and a scale of ${listed(sharedExponentModes, "or")}`,
      );
};

const rangesOfItsOwn: Refusal = (path, _role, quantizer) =>
  quantizer.projection && quantizer.bits !== 32 && wastesRanges(quantizer)
    ? problem(
        path,
        `the estimator ${quantizer.estimator.name} with the quantizer ${quantizer.projection.name}`,
        "currentMinMax, because the levels of that quantizer follow the tensor itself, not a range of an estimator",
        "withProjection(quantizer, projection) combines both",
      )
    : undefined;

const channelsOnUniformGrids: Refusal = (path, _role, { granularity, transform, projection }) => {
  const special = transform ?? projection;
  return special && granularity === "channel"
    ? problem(
        path,
        `a range for each channel with the quantizer ${special.name}`,
        special === projection
          ? "one for the whole tensor, because only uniform grids support a range for each channel"
          : "one for the whole tensor, because that quantizer has one range for all channels",
        "leave out --per-channel there, or use the quantizer uniform or lsq",
      )
    : undefined;
};

const refusals: readonly Refusal[] = [
  wholeQuantizer,
  channelsOfWeightsOnly,
  itsRoles,
  itsBits,
  wholeBlocks,
  rangesOfItsOwn,
  channelsOnUniformGrids,
];

const checked = (scope: Scope, path: string, role: Role): E.Either<RangeflowError, Quantizer> => {
  const quantizer = scope.quantizer(path, role);
  for (const refusal of [...refusals, ...refusing.hooksIn(scope)]) {
    const found = refusal(path, role, quantizer);
    if (found) return E.left(found);
  }
  return E.map(() => quantizer)(checkBits(path, quantizer.bits));
};

/** The quantizer of a site if it can be used there. Errors thrown while it is made or checked are returned, too. */
export const checkSite = (scope: Scope, path: string, role: Role): E.Either<RangeflowError, Quantizer> => {
  try {
    return checked(scope, path, role);
  } catch (error) {
    return E.left(...(thrownBy(path, error, "a quantizer for every site").problems as [RangeflowError]));
  }
};
