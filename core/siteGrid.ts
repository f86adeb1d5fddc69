/** @file What a site tells its estimator, and its recording, of its quantizer. */
import { type Follows, followsNames } from "./follows.ts";
import type { Measure, Measured } from "./measure.ts";
import { type Scheme, schemeNames } from "./scheme.ts";

/** Of the quantizer that a range is for. */
export interface SiteGrid {
  readonly bits: number;
  readonly scheme: Scheme;
}

/** Of the projection that a site has instead of a uniform grid. */
export interface SiteProjection {
  readonly name: string;
  /** By which, with its name, the catalogue makes it again. */
  readonly options?: Readonly<Record<string, number | string>>;
  readonly follows: Follows;
}

const ofProjection = "projection ";

/** `luq:levels=3,draws=1`: name and options as one text. */
const textOf = ({ name, options = {} }: SiteProjection): string => {
  const parts = Object.entries(options).map(([option, value]) => `${option}=${value}`);
  return [name, ...(parts.length > 0 ? [parts.join(",")] : [])].join(":");
};

/**
 * What a site tells, as answers to questions: so it is recorded like all else, and known wherever an estimator is replayed. That a site
 * has a projection is a question with the name of it; the answer is what its levels follow.
 */
export const told = ({
  bits,
  scheme,
  projection,
}: SiteGrid & { readonly projection?: SiteProjection }): Record<string, readonly number[]> => ({
  grid: [bits, schemeNames.indexOf(scheme)],
  ...(projection && {
    [`${ofProjection}${textOf(projection)}`]: [followsNames.indexOf(projection.follows)],
  }),
});

/**
 * What the site has told.
 *
 * @throws if it was not recorded, since neither was the tensor measured
 */
export const siteGrid = (measure: Measure): SiteGrid => {
  const [bits, place] = measure("grid", () => {
    throw new Error("the bits of the site were not recorded; record histograms (--histogram-every 1)");
  }) as [number, number];
  return { bits, scheme: schemeNames[place] as Scheme };
};

/** The projection that the site has told of, its options in its name; undefined where its grid is uniform. */
export const siteProjection = (measured: Measured): SiteProjection | undefined => {
  const question = Object.keys(measured).find((asked) => asked.startsWith(ofProjection));
  if (question === undefined) return undefined;
  const [place] = measured[question] as readonly [number];
  return { name: question.slice(ofProjection.length), follows: followsNames[place] as Follows };
};
