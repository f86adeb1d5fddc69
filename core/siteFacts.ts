/** @file What a site is quantized to: its estimator knows it with each statistic, and its recording keeps it. */
import type { Follows } from "./follows.ts";
import { NotRecorded } from "./notRecorded.ts";
import type { Scheme } from "./scheme.ts";

/** The uniform grid that a range is for. */
export interface SiteGrid {
  /** 2 to 8. */
  readonly bits: number;
  readonly scheme: Scheme;
}

/** The projection (or weight transform) that a site has instead of a uniform grid. */
export interface SiteProjection {
  readonly name: string;
  /** Options with which the catalogue makes it again, by its name; absent where it has none. */
  readonly options?: Readonly<Record<string, number | string>>;
  readonly follows: Follows;
}

/** Bits and scheme of a site, and its projection where it has one. */
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

/** The facts of a site, taken from its quantizer. */
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

/** What is missing where a recording does not say the facts of its sites. */
export const bitsOfSite = "the bits of each site";

/**
 * The facts of the site that a statistic is from.
 *
 * @throws for the statistic of a recording that does not say them
 */
export const factsOf = ({ facts }: { readonly facts?: SiteFacts | undefined }): SiteFacts => {
  if (facts === undefined)
    throw new NotRecorded(
      bitsOfSite,
      "the bits of the site were not recorded, and this estimator depends on them",
    );
  return facts;
};
