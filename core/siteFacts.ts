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

/** The facts of a site, from its quantizer. */
export const siteFacts = ({
  bits,
  scheme,
  projection,
}: SiteGrid & { readonly projection?: SiteProjection | undefined }): SiteFacts => {
  if (projection === undefined) return { bits, scheme };
  const { name, options, follows } = projection;
  const hasOptions = options !== undefined && Object.keys(options).length > 0;
  return { bits, scheme, projection: { name, ...(hasOptions && { options }), follows } };
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
