import * as E from "fp-ts/lib/Either.js";
import { makeEntry } from "../../core/entry.ts";
import { inText } from "../../core/optionSpelling.ts";
import type { Role } from "../../core/signal.ts";
import type { SiteProjection } from "../../core/siteFacts.ts";
import { currentRange } from "../defaultRange.ts";
import type { Projection } from "../projections/projection.ts";
import { quantizerFor } from "../quantizer.ts";
import { quantizerCatalogue } from "./quantizerCatalogue.ts";

/**
 * The projection that a recording names, for use with a range alone; undefined if the catalogue has none of that name, or one that follows
 * something other than the range.
 */
export const rangedProjection = (
  { name, options = {}, follows }: SiteProjection,
  role: Role,
): Projection | undefined => {
  const entry = quantizerCatalogue.find((one) => one.name === name);
  if (follows !== "range" || entry === undefined) return undefined;
  const choice = makeEntry(entry, name, inText(name, name))(Object.entries(options));
  if (E.isLeft(choice)) return undefined;
  const { projection } = choice.right(quantizerFor(role, 8, currentRange), role);
  return projection?.follows === "range" ? projection : undefined;
};
