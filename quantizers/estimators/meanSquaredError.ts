import * as E from "fp-ts/lib/Either.js";
import { map } from "rxjs";
import { internal } from "../../core/errors.ts";
import { type QParams, schemes } from "../../core/qparams.ts";
import { squaredErrorOf } from "../../core/quantizationError.ts";
import { absMax, observedRange, type Range, type RangeStat } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import { type SiteGrid, siteGrid } from "../../core/siteGrid.ts";
import { measureOf, measures, type RangeEstimator } from "./estimator.ts";
import { type Measurable, measurableOf } from "./measurable.ts";

const thresholds = 100;

/**
 * The ranges to choose from: a hundred thresholds up to `most`, around 0 or from 0 to one side, and each of those around 0 shifted
 * by up to `shifts` steps either way.
 */
export const candidateRanges = (
  { min, max }: Pick<RangeStat, "min" | "max">,
  most: number,
  shifts: number,
  bits: number,
): readonly Range[] =>
  Array.from({ length: thresholds }, (_, i) => ((i + 1) * most) / thresholds).flatMap((threshold) => {
    if (min >= 0) return [{ lo: 0, hi: threshold }];
    if (max <= 0) return [{ lo: -threshold, hi: 0 }];
    const step = (2 * threshold) / (2 ** bits - 1);
    const shifted = (by: number): Range => ({
      lo: Math.max(-threshold + by * step, -most),
      hi: Math.min(threshold + by * step, most),
    });
    const ways = Array.from({ length: shifts }, (_, k) => [shifted(k + 1), shifted(-k - 1)]);
    return [shifted(0), ...ways.flat()];
  });

/** The range with the least squared error, the first of equal ones. */
export const leastSquares = (
  sample: Sample,
  ranges: readonly Range[],
  gridOf: (range: Range) => QParams,
): Range => {
  const errorOf = squaredErrorOf(sample);
  return ranges
    .map((range) => ({ range, error: errorOf(gridOf(range)) }))
    .reduce((best, next) => (next.error < best.error ? next : best)).range;
};

const gridOf =
  (site: SiteGrid) =>
  (range: Range): QParams => {
    const found = schemes[site.scheme]("a candidate", site.bits)(range);
    if (E.isLeft(found)) throw internal(`no grid covers [${range.lo}, ${range.hi}]`);
    return found.right;
  };

/**
 * The range whose squared error on this very tensor is least, on the grid of the site and rounded to nearest: the best of a
 * hundred thresholds.
 *
 *     threshold i = i / 100 * (max |x| + margin),   i = 1 .. 100
 *
 * @param margin 0.5 in the source, which suits activations; gradients are far smaller, so it is 0 if not given
 * @param shifts 2^bits / 4 in the source for affine grids; 0 if not given, since each is a hundred candidates twice more
 * @param of `elements` costs a hundred readings of the tensor, and its histogram one
 * @see MSE_Estimator of Qualcomm's oscillations-qat, for one tensor at a time; methods.md section 8.5
 */
export const meanSquaredError = ({
  margin = 0,
  shifts = 0,
  of = "histogram",
}: {
  readonly margin?: number;
  readonly shifts?: number;
  readonly of?: Measurable;
} = {}): RangeEstimator =>
  measures("waiting", (observed$) =>
    observed$.pipe(
      map((stat) => {
        const measure = measureOf(stat);
        const site = siteGrid(measure);
        const question = `least squares, margin ${margin}, ${shifts} shifts, ${site.scheme} ${site.bits} bits, of the ${of}`;
        const [lo, hi] = measure(question, (sample) => {
          const ranges = candidateRanges(stat, absMax(observedRange(stat)) + margin, shifts, site.bits);
          const best = leastSquares(measurableOf(of, sample), ranges, gridOf(site));
          return [best.lo, best.hi];
        }) as [number, number];
        return { lo, hi };
      }),
    ),
  );
