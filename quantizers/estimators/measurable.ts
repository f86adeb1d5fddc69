import { histogram } from "../../core/histogram.ts";
import type { ChoiceOption } from "../../core/options.ts";
import type { Sample } from "../../core/sample.ts";

/**
 * Form in which an estimator measures a tensor: all of its elements, or its histogram, which is faster if it is read
 * often.
 */
export type Measurable = "elements" | "histogram";

/** The sample in the given form; a histogram stays one. */
export const measurableOf = (of: Measurable, sample: Sample): Sample =>
  of === "histogram" && sample.counts === undefined ? histogram(sample) : sample;

/** The option that chooses the form. */
export const measuredOf = <const F extends Measurable>(fallback: F) =>
  ({
    type: "choice",
    choices: (fallback === "elements"
      ? ["elements", "histogram"]
      : ["histogram", "elements"]) as readonly Measurable[],
    default: fallback,
    help: "what is measured; histogram can be replayed from recorded histograms",
  }) as const satisfies ChoiceOption;
