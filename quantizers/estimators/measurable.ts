import { histogram } from "../../core/histogram.ts";
import type { ChoiceOption } from "../../core/options.ts";
import type { Sample } from "../../core/sample.ts";

/** Form of a tensor that an estimator measures: all of its elements, or its histogram, which is faster where it reads them often. */
export type Measurable = "elements" | "histogram";

/** The sample to measure; a sample that is a histogram already stays as it is. */
export const measurableOf = (of: Measurable, sample: Sample): Sample =>
  of === "histogram" && sample.counts === undefined ? histogram(sample) : sample;

/** The option that says which of both is measured. */
export const measuredOf = <const F extends Measurable>(fallback: F) =>
  ({
    type: "choice",
    choices: (fallback === "elements"
      ? ["elements", "histogram"]
      : ["histogram", "elements"]) as readonly Measurable[],
    default: fallback,
    help: "what is measured; histogram can be replayed from recorded histograms",
  }) as const satisfies ChoiceOption;
