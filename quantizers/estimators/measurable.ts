import { histogram } from "../../core/histogram.ts";
import type { Sample } from "../../core/sample.ts";

/** What an estimator measures of a tensor: all of its elements, or its histogram, which is faster where it reads them often. */
export type Measurable = "elements" | "histogram";

/** The sample to measure; a sample that is a histogram already stays as it is. */
export const measurableOf = (of: Measurable, sample: Sample): Sample =>
  of === "histogram" && sample.counts === undefined ? histogram(sample) : sample;
