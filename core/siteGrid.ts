/** @file What a site tells its estimator of its quantizer. */
import type { Measure } from "./measure.ts";
import { type Scheme, schemeNames } from "./scheme.ts";

/** Of the quantizer that a range is for. */
export interface SiteGrid {
  readonly bits: number;
  readonly scheme: Scheme;
}

/** What a site tells, as the answer to a question: so it is recorded like all else, and known wherever an estimator is replayed. */
export const told = ({ bits, scheme }: SiteGrid): Record<string, readonly number[]> => ({
  grid: [bits, schemeNames.indexOf(scheme)],
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
