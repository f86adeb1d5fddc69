/** @file Statistics of tensors that are there, so that an estimator can measure them as at a site. */
import { measuring } from "../../core/measure.ts";
import type { RangeStat } from "../../core/range.ts";
import { type Sample, sampleSize } from "../../core/sample.ts";
import type { SiteGrid } from "../../core/siteFacts.ts";

/** The statistic of a sample at a site of so many bits; affine and 8 bits if not said. */
export const statOf = (
  sample: Sample,
  { bits = 8, scheme = "affine" }: Partial<SiteGrid> = {},
): RangeStat => ({
  min: Math.min(...sample.values),
  max: Math.max(...sample.values),
  count: sampleSize(sample),
  nonFinite: 0,
  facts: { bits, scheme },
  measure: measuring(sample, {}),
});

/** The same of the elements of a tensor with one channel. */
export const statOfElements = (values: readonly number[], grid: Partial<SiteGrid> = {}): RangeStat =>
  statOf({ values: Float32Array.from(values), shape: [1, 1, values.length, 1] }, grid);
