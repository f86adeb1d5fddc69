import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, type RangeflowError } from "../../core/errors.ts";
import type { Role } from "../../core/signal.ts";
import { checkBits, makesIntegers, type Quantizer } from "../../quantizers/quantizer.ts";
import { wastesRanges } from "../../quantizers/withProjection.ts";
import type { Scope } from "../module/module.ts";

/** Why a quantizer cannot work at a site, and what would; nothing if it can. */
type Refusal = (scope: Scope, path: string, role: Role, quantizer: Quantizer) => Problem | undefined;

const specialOf = ({ learned, transform, projection }: Quantizer) => learned ?? transform ?? projection;

const channelsOfWeightsOnly: Refusal = (_scope, path, role, { granularity }) =>
  granularity === "channel" && role !== "weight"
    ? problem(
        path,
        `a range for each channel of ${role === "gradient" ? "a gradient" : "an activation"}`,
        "one for the whole tensor, because an integer product cannot take a scale per channel out of its sums",
        "use granularity channel for weights only",
      )
    : undefined;

const itsRoles: Refusal = (_scope, path, role, quantizer) => {
  const special = specialOf(quantizer);
  return special?.roles && !special.roles.includes(role)
    ? problem(
        path,
        `the quantizer ${special.name} for ${role}s`,
        `it for ${special.roles.map((possible) => `${possible}s`).join(" or ")}`,
        "rangeflow estimators says where each quantizer can work",
      )
    : undefined;
};

const itsBits: Refusal = (_scope, path, _role, { projection, bits }) =>
  projection?.bits && bits !== 32 && !projection.bits.includes(bits)
    ? problem(
        path,
        `the quantizer ${projection.name} with ${bits} bits`,
        `it with ${projection.bits.join(" or ")} bits`,
        "give it a width of its own with --bits-at",
      )
    : undefined;

const rangesOfItsOwn: Refusal = (_scope, path, _role, quantizer) =>
  quantizer.projection && quantizer.bits !== 32 && wastesRanges(quantizer)
    ? problem(
        path,
        `the estimator ${quantizer.estimator.name} beside the quantizer ${quantizer.projection.name}`,
        "currentMinMax, because the levels of that quantizer follow the tensor itself and no range of an estimator",
        "withProjection(quantizer, projection) puts both together",
      )
    : undefined;

const channelsOnUniformGrids: Refusal = (_scope, path, _role, { granularity, transform, projection }) => {
  const special = transform ?? projection;
  return special && granularity === "channel"
    ? problem(
        path,
        `a range for each channel with the quantizer ${special.name}`,
        special === projection
          ? "one for the whole tensor, because only uniform grids are laid channel by channel"
          : "one for the whole tensor, because that quantizer knows one range for all channels",
        "leave out --per-channel there, or take the quantizer uniform or lsq",
      )
    : undefined;
};

/** A register of integers takes no sums of float32: such a layer would be exact where a run says that it is not. */
const integersIntoAccumulators: Refusal = ({ accumulator }, path, role, quantizer) => {
  const isSummed = accumulator !== undefined && (role !== "gradient" || accumulator.backward);
  const special = specialOf(quantizer);
  return isSummed && special && quantizer.bits !== 32 && !makesIntegers(quantizer)
    ? problem(
        path,
        `the quantizer ${special.name} with an accumulator of ${accumulator.bits} bits`,
        "a quantizer whose products are integers, because only sums of those are taken into one",
        "take the quantizer uniform there, give the site 32 bits with --bits-at, or leave out --accumulator",
      )
    : undefined;
};

const refusals: readonly Refusal[] = [
  channelsOfWeightsOnly,
  itsRoles,
  itsBits,
  rangesOfItsOwn,
  channelsOnUniformGrids,
  integersIntoAccumulators,
];

/** The quantizer of a site, if it can work there. */
export const checkSite = (scope: Scope, path: string, role: Role): E.Either<RangeflowError, Quantizer> => {
  const quantizer = scope.quantizer(path, role);
  for (const refusal of refusals) {
    const found = refusal(scope, path, role, quantizer);
    if (found) return E.left(found);
  }
  return E.map(() => quantizer)(checkBits(path, quantizer.bits));
};
