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

/** Ranges to be searched, beside the grid that they are for. */
export interface Search {
  /** Factor by which a range may reach beyond the tensor. */
  readonly margin: number;
  /** Steps to shift an affine grid either way, at most; those of the source where missing. */
  readonly shifts: number | undefined;
}

/** Largest number of steps by which the source shifts a grid of so many bits. */
const sourceShifts = (bits: number): number => Math.max(Math.floor(2 ** bits / 4) - 1, 0);

/**
 * The ranges to choose from. The first is that of the tensor itself, so that none which is chosen is worse; then, for thresholds t of
 * i / 100 * (max |x| + margin) with i from 1 to 100:
 *
 *     [0, t] or [-t, 0]    of a tensor on one side of 0
 *     [-t, t]              of a symmetric grid
 *     [-t + k s, t + k s]  of an affine one, limited to [min - margin, max + margin], with its step s = 2 t / (2^bits - 1) and
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

/** The range with the least squared error, the first of equal ones; one that has no grid is never it. */
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
 * The range whose squared error on this very tensor is least, on the grid of the site and rounded to nearest: the best of a
 * hundred thresholds, around 0 or shifted, or the tensor's own range (`candidateRanges`). So what it chooses is never worse than
 * min-max, whatever is searched; replayed over a recorded histogram it is not by what that knows.
 *
 * @param margin 0.5 in the source, which suits activations; gradients are far smaller, so it is 0 if not given
 * @param shifts of affine grids only; as many as in the source if not given, 2^bits / 4 - 1. Each is a hundred candidates twice more
 * @param of `elements` costs a reading of the tensor for each candidate, and its histogram three
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
          // Of elements in a bin a histogram knows little: where they are there, they decide whether it is better than their own range.
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
