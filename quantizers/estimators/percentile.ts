import { map } from "rxjs";
import { percentiles } from "../../core/percentiles.ts";
import { measureOf, measures, type RangeEstimator } from "./estimator.ts";
import { type Measurable, measurableOf } from "./measurable.ts";

/**
 * The range between two percentiles of this very tensor, so that a few outliers do not widen the steps of all others.
 *
 * @param low percentile of the lower end, from 0
 * @param high percentile of the upper end, to 100; linear between the elements next to it
 * @param of `histogram`: of a histogram instead of the elements, as if they were spread evenly over its bins; replays into any recording with
 *   histograms to the bit
 * @see the percentile option of Qualcomm's oscillations-qat; docs/methods.md section 8.5
 */
export const percentile = ({
  low = 1,
  high = 99,
  of = "elements",
}: {
  readonly low?: number;
  readonly high?: number;
  readonly of?: Measurable;
} = {}): RangeEstimator =>
  measures("waiting", (observed$) =>
    observed$.pipe(
      map((stat) => {
        const [lo, hi] = measureOf(stat)(`percentiles ${low} ${high} of the ${of}`, (sample) =>
          percentiles(measurableOf(of, sample), [low, high]),
        ) as [number, number];
        return { lo, hi };
      }),
    ),
  );
