/**
 * @file Facts of a site: the grid it quantizes to. Its estimator receives them with each statistic, and recordings
 *   store them.
 */
import type { Follows } from "./follows.ts";
import { NotRecorded } from "./notRecorded.ts";
import type { Scheme } from "./scheme.ts";

/** The uniform grid that a range is for. */
export interface SiteGrid {
  /** Bit width, 2 to 8. */
  readonly bits: number;
  /** Scheme of the grid, e.g. `affine`. */
  readonly scheme: Scheme;
}

/** The projection (or weight transform) that a site has instead of a uniform grid. */
export interface SiteProjection {
  readonly name: string;
  /** Options from which the catalogue recreates it by name; absent if it has none. */
  readonly options?: Readonly<Record<string, number | string>>;
  /** What its levels depend on. */
  readonly follows: Follows;
}

/** Bits and scheme of a site, and its projection if it has one. */
export interface SiteFacts extends SiteGrid {
  readonly projection?: SiteProjection;
}

const facts: Partial<Record<Scheme, SiteFacts[]>> = {};

/**
 * The facts of a site, which are the same object for the same grid, and frozen: all estimators and the recording of a site share them, so one
 * that writes to them fails where it does.
 *
 * @example
 * gridFacts(8, "affine"); // { bits: 8, scheme: "affine" }
 */
export const gridFacts = (bits: number, scheme: Scheme): SiteFacts => {
  const known = facts[scheme]?.[bits];
  if (known !== undefined) return known;
  const made = Object.freeze({ bits, scheme });
  const ofScheme = facts[scheme] ?? [];
  ofScheme[bits] = made;
  facts[scheme] = ofScheme;
  return made;
};

/** The facts of a site with a projection, frozen as well. */
export const projectionFacts = ({ bits, scheme }: SiteGrid, projection: SiteProjection): SiteFacts =>
  Object.freeze({ bits, scheme, projection: Object.freeze(projection) });

/** The facts of a site, from its quantizer. */
export const siteFacts = ({
  bits,
  scheme,
  projection,
}: SiteGrid & { readonly projection?: SiteProjection | undefined }): SiteFacts => {
  if (projection === undefined) return gridFacts(bits, scheme);
  const { name, options, follows } = projection;
  const hasOptions = options !== undefined && Object.keys(options).length > 0;
  return projectionFacts({ bits, scheme }, { name, ...(hasOptions && { options }), follows });
};

/** Name of what a recording lacks if it does not contain the facts of its sites. */
export const bitsOfSite = "the bits of each site";

/**
 * The facts of the site of a statistic.
 *
 * @throws `NotRecorded` for a statistic from a recording without them
 */
export const factsOf = ({ facts }: { readonly facts?: SiteFacts | undefined }): SiteFacts => {
  if (facts === undefined)
    throw new NotRecorded(
      bitsOfSite,
      "the bits of the site were not recorded, and this estimator depends on them",
    );
  return facts;
};
