/** @file Statistics of a given tensor, to try an estimator outside of a network. */
import { measuring } from "./measure.ts";
import type { RangeStat } from "./range.ts";
import { type Sample, sampleSize } from "./sample.ts";
import { gridFacts, type SiteGrid } from "./siteFacts.ts";

const isSample = (of: readonly number[] | Sample): of is Sample => !Array.isArray(of);

/**
 * The statistics that a site would observe on a tensor with finite elements. Estimators may measure the tensor through
 * them.
 *
 * @param of the numbers of the tensor, or a sample with a shape
 * @param grid grid of the site. Default: affine, 8 bits.
 * @example
 * const { min, max, count } = statOf([-1, 0, 2]);
 * [min, max, count]; // [-1, 2, 3]
 */
export const statOf = (
  of: readonly number[] | Sample,
  { bits = 8, scheme = "affine" }: Partial<SiteGrid> = {},
): RangeStat => {
  const sample: Sample = isSample(of) ? of : { values: Float32Array.from(of), shape: [1, 1, of.length, 1] };
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of sample.values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return {
    min,
    max,
    count: sampleSize(sample),
    nonFinite: 0,
    facts: gridFacts(bits, scheme),
    measure: measuring(sample, {}),
  };
};
