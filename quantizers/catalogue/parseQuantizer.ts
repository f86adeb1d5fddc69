/** @file Built-in quantizers by text, such as `uniform:scheme=symmetric`, and the projections that recordings name. */
import * as E from "fp-ts/lib/Either.js";
import { parseEntry } from "../../core/entry.ts";
import type { Problem } from "../../core/errors.ts";
import type { Role } from "../../core/signal.ts";
import { projectionTitle, type SiteProjection } from "../../core/siteFacts.ts";
import { currentMinMax } from "../estimators/currentMinMax.ts";
import type { Projection } from "../projections/projection.ts";
import { type NamedQuantizer, type QuantizerChoice, quantizerFor } from "../quantizer.ts";
import { quantizerCatalogue } from "./quantizerCatalogue.ts";

/**
 * The quantizer that a text such as `uniform:scheme=symmetric` names.
 *
 * @param where what is being configured, e.g. `--gradient-quantizer`; used in errors only
 * @returns `Left` of everything that is wrong with the text
 */
export const parseQuantizer =
  (where: string) =>
  (text: string): E.Either<readonly Problem[], NamedQuantizer> =>
    E.map((choose: QuantizerChoice) => ({ name: text, choose }))(
      parseEntry("quantizer", quantizerCatalogue)(where)(text),
    );

/**
 * The projection that a recording has named, to be used with a range alone; undefined where the catalogue does not know it, or knows
 * another one by that name.
 */
export const rangedProjection = (projection: SiteProjection, role: Role): Projection | undefined => {
  const { name, follows } = projection;
  const parsed = parseQuantizer(name)(projectionTitle(projection));
  if (follows !== "range" || E.isLeft(parsed)) return undefined;
  const base = quantizerFor(role, 8, { name: "currentMinMax", estimator: currentMinMax() });
  const known = parsed.right.choose(base, role).projection;
  return known?.follows === "range" ? known : undefined;
};
