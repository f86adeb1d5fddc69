import * as E from "fp-ts/lib/Either.js";
import { problem, type RangeflowError } from "../core/errors.ts";
import type { Role } from "../core/signal.ts";
import { checkBits, type Quantizer } from "../quantizers/quantizer.ts";
import type { Scope } from "./module.ts";

/** The quantizer of a site, if it can work there. */
export const checkSite = (scope: Scope, path: string, role: Role): E.Either<RangeflowError, Quantizer> => {
  const quantizer = scope.quantizer(path, role);
  if (quantizer.granularity === "channel" && role !== "weight")
    return E.left(
      problem(
        path,
        `a range for each channel of ${role === "gradient" ? "a gradient" : "an activation"}`,
        "one for the whole tensor, because an integer product cannot take a scale per channel out of its sums",
        "use granularity channel for weights only",
      ),
    );
  const { learned, transform, projection } = quantizer;
  const special = learned ?? transform ?? projection;
  if (special?.roles && !special.roles.includes(role))
    return E.left(
      problem(
        path,
        `the quantizer ${special.name} for ${role}s`,
        `it for ${special.roles.map((possible) => `${possible}s`).join(" or ")}`,
        "rangeflow estimators says where each quantizer can work",
      ),
    );
  if (projection?.bits && quantizer.bits !== 32 && !projection.bits.includes(quantizer.bits))
    return E.left(
      problem(
        path,
        `the quantizer ${projection.name} with ${quantizer.bits} bits`,
        `it with ${projection.bits.join(" or ")} bits`,
        "give it a width of its own with --bits-at",
      ),
    );
  if (special && quantizer.granularity === "channel")
    return E.left(
      problem(
        path,
        `a range for each channel with the quantizer ${special.name}`,
        learned || transform
          ? "one for the whole tensor, because that quantizer knows one range for all channels"
          : "one for the whole tensor, because only uniform grids are laid channel by channel",
        "leave out --per-channel there, or take the quantizer uniform",
      ),
    );
  return E.map(() => quantizer)(checkBits(path, quantizer.bits));
};
