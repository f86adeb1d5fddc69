import * as E from "fp-ts/lib/Either.js";
import { map } from "rxjs";
import { named } from "../../core/named.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { type QParams, schemes } from "../../core/qparams.ts";
import { squaredErrorOf } from "../../core/quantizationError.ts";
import { absMax, observedRange, type Range, type RangeStat } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import { factsOf, type SiteGrid } from "../../core/siteFacts.ts";
import { measureOf, measures, type RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";
import { measurableOf, measuredOf } from "./measurable.ts";

const declared = options({
  margin: {
    type: "number",
    default: 0,
    least: 0,
    most: 1e6,
    help: "how far a range may reach beyond the tensor; 0.5 in the source",
  },
  shifts: {
    type: "integer",
    optional: true,
    least: 0,
    most: 63,
    help: "steps to shift an affine grid either way; default: 2^bits / 4 - 1, the most in the source",
  },
  of: measuredOf("histogram"),
});

const thresholds = 100;

/** The ranges to search on a given grid. */
export interface Search {
  /** Distance in the unit of the tensor by which a range may exceed the tensor. */
  readonly margin: number;
  /** Largest shift of an affine grid either way, in steps. Default: that of the source. */
  readonly shifts: number | undefined;
}

/** Largest shift of a grid of `bits` bits in the source, in steps. */
const sourceShifts = (bits: number): number => Math.max(Math.floor(2 ** bits / 4) - 1, 0);

/**
 * Candidate ranges. The first is the tensor's own, so that the best one is never worse; then, for thresholds t of i /
 * 100 * (max |x| + margin) with i from 1 to 100:
 *
 *     [0, t] or [-t, 0]    if the tensor lies on one side of 0
 *     [-t, t]              for a symmetric grid
 *     [-t + k s, t + k s]  for an affine grid, limited to [min - margin, max + margin], with its step s = 2 t / (2^bits - 1) and
 *                          k from -shifts to shifts, at most 2^bits / 4 - 1
 */
export const candidateRanges = (
  { min, max }: Pick<RangeStat, "min" | "max">,
  { margin, shifts }: Search,
  { bits, scheme }: SiteGrid,
): readonly Range[] => {
  const own = observedRange({ min, max });
  const most = sourceShifts(bits);
  const far = scheme === "affine" ? Math.min(shifts ?? most, most) : 0;
  const [lowest, highest] = [min - margin, max + margin];
  const ranges: Range[] = [own];
  for (let i = 1; i <= thresholds; i++) {
    const t = (i * (absMax(own) + margin)) / thresholds;
    if (min >= 0) ranges.push({ lo: 0, hi: t });
    else if (max <= 0) ranges.push({ lo: -t, hi: 0 });
    else if (scheme !== "affine") ranges.push({ lo: -t, hi: t });
    else
      for (let k = -far; k <= far; k++) {
        const by = (k * 2 * t) / (2 ** bits - 1);
        ranges.push({ lo: Math.max(by - t, lowest), hi: Math.min(by + t, highest) });
      }
  }
  return ranges;
};

/** The range with the smallest squared error, the first of equal ones. Ranges without a grid are never chosen. */
export const leastSquares = (
  sample: Sample,
  ranges: readonly Range[],
  gridOf: (range: Range) => QParams | undefined,
): Range => {
  const errorOf = squaredErrorOf(sample);
  let [best, least] = [ranges[0] as Range, Number.POSITIVE_INFINITY];
  for (const range of ranges) {
    const params = gridOf(range);
    const error = params ? errorOf(params, least) : Number.POSITIVE_INFINITY;
    if (error < least) [best, least] = [range, error];
  }
  return best;
};

const gridOf =
  ({ bits, scheme }: SiteGrid) =>
  (range: Range): QParams | undefined =>
    E.toUnion(E.mapLeft(() => undefined)(schemes[scheme]("a candidate", bits)(range)));

/**
 * The range with the smallest squared quantization error on the tensor itself, on the grid of the site with rounding to
 * nearest: the best of a hundred thresholds, centred on 0 or shifted, and the tensor's own range (see
 * `candidateRanges`). Its error therefore never exceeds that of min-max, even if only a histogram is searched. In a
 * replay over a recorded histogram this holds for the error estimated from the histogram. Dynamic. PyTorch's
 * `HistogramObserver` minimizes a similar error, but over a histogram of all tensors so far.
 *
 * @param margin distance by which a range may exceed the tensor. Default: 0, because gradients are small; the source
 *   has 0.5, which suits activations.
 * @param shifts largest shift of affine grids, in steps; each adds two hundred candidates. Default: 2^bits / 4 - 1, the
 *   source's.
 * @param of `elements` reads the tensor once per candidate, `histogram` three times in all. Default: `histogram`.
 * @example
 * const outlier = statOf([-1, -0.9, 0.2, 0.9, 1, 1.1, 4], { bits: 3, scheme: "symmetric" });
 * of(outlier).pipe(meanSquaredError({ of: "elements" })); // [{ lo: -3.64, hi: 3.64 }]
 * @see MSE_Estimator of Qualcomm's oscillations-qat, for one tensor at a time; docs/methods.md section 8.5
 */
export const meanSquaredError = (given: Given<typeof declared> = {}): RangeEstimator => {
  const values = withDefaults(declared, given, "meanSquaredError");
  const { margin, shifts, of } = values;
  const estimator = measures("waiting", (observed$) =>
    observed$.pipe(
      map((stat) => {
        const measure = measureOf(stat);
        const site = factsOf(stat);
        const far = shifts ?? sourceShifts(site.bits);
        const question = `least squares between the extremes and margin ${margin}, ${far} shifts, ${site.scheme} ${site.bits} bits, of the ${of}`;
        const [lo, hi] = measure(question, (sample) => {
          const ranges = candidateRanges(stat, { margin, shifts }, site);
          const found = leastSquares(measurableOf(of, sample), ranges, gridOf(site));
          // A histogram knows little about the elements inside a bin. Where the elements themselves are available, they
          // decide whether the found range beats their own.
          const best = leastSquares(sample, [observedRange(stat), found], gridOf(site));
          return [best.lo, best.hi];
        }) as [number, number];
        return { lo, hi };
      }),
    ),
  );
  return named(optionedName("meanSquaredError", declared, values), estimator);
};

/** `meanSquaredError` in the catalogue of estimators. */
export const meanSquaredErrorEntry = estimatorEntry({
  name: "meanSquaredError",
  summary: "range of least squared error on the current tensor; never worse than min-max",
  source: "Qualcomm oscillations-qat",
  isStatic: false,
  options: declared,
  make: meanSquaredError,
});
