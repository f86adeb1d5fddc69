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
 * The range between two percentiles of this very tensor, so that a few outliers do not widen the steps of all others.
 *
 * Percentile p of n elements is at place p / 100 * (n - 1) among them in ascending order, linear between the two next to it, as NumPy's
 * default. Of a histogram, recorded or asked for, the elements of a bin are taken as spread evenly over it: the k-th of the c elements of a bin
 * [a, b), counted from 0, is a + (b - a) (k + 1/2) / c. The smallest and the largest element are known exactly and are bins by themselves, and
 * bins are at most 1/16 of their magnitude wide, so an end is off by at most that, and usually far less.
 *
 * @param low percentile of the lower end, from 0
 * @param high percentile of the upper end, to 100
 * @param of `histogram`: of a histogram instead of the elements, as if they were spread evenly over its bins; replays into any recording with
 *   histograms to the bit
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
