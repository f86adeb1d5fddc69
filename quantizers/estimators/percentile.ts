import { map } from "rxjs";
import { endsInOrder } from "../../core/entry.ts";
import { named } from "../../core/named.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { percentiles } from "../../core/percentiles.ts";
import { measureOf, measures, type RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";
import { measurableOf, measuredOf } from "./measurable.ts";

const declared = options({
  low: { type: "number", default: 1, least: 0, most: 100, help: "percentile of the lower bound" },
  high: { type: "number", default: 99, least: 0, most: 100, help: "percentile of the upper bound" },
  of: measuredOf("elements"),
});

/**
 * The range between two percentiles of the tensor itself, so that a few outliers do not coarsen the steps of all other
 * elements. Dynamic.
 *
 * Percentile p of n elements is at position p / 100 * (n - 1) in ascending order, with linear interpolation, as in
 * `numpy.percentile`. In a histogram, elements are assumed to be spread evenly over their bin: the k-th of c elements
 * of a bin [a, b), counted from 0, is a + (b - a) (k + 1/2) / c. The smallest and largest element have bins of their
 * own and are exact. All other bins are at most 1/16 of their magnitude wide, which bounds the error; it is usually far
 * smaller.
 *
 * @param low percentile of the lower bound, from 0. Default: 1.
 * @param high percentile of the upper bound, up to 100. Default: 99.
 * @param of `elements`, or `histogram`, which any recording with histograms replays bit for bit. Default: `elements`.
 * @example
 * const outlier = statOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100]);
 * of(outlier).pipe(percentile({ low: 0, high: 90 })); // [{ lo: 0, hi: 9 }]
 * @see the percentile option of Qualcomm's oscillations-qat; docs/methods.md section 8.5
 */
export const percentile = (given: Given<typeof declared> = {}): RangeEstimator => {
  const values = withDefaults(declared, given, "percentile");
  const { low, high, of } = values;
  const estimator = measures("waiting", (observed$) =>
    observed$.pipe(
      map((stat) => {
        const [lo, hi] = measureOf(stat)(`percentiles ${low} ${high} of the ${of}`, (sample) =>
          percentiles(measurableOf(of, sample), [low, high]),
        ) as [number, number];
        return { lo, hi };
      }),
    ),
  );
  return named(optionedName("percentile", declared, values), estimator);
};

/** `percentile` in the catalogue of estimators. */
export const percentileEntry = estimatorEntry({
  name: "percentile",
  summary: "range between two percentiles of the current tensor",
  source: "Qualcomm oscillations-qat",
  isStatic: false,
  options: declared,
  clash: endsInOrder("percentile", "low", "high"),
  make: percentile,
});
