import { concatMap, from, scan } from "rxjs";
import { type Magnitudes, magnitudesOf } from "../../core/magnitudes.ts";
import { named } from "../../core/named.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { absMax, observedRange, type Range, type RangeStat, symmetricRange } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import { factsOf } from "../../core/siteFacts.ts";
import { tensorCount } from "./commonOptions.ts";
import { measureOf, measures, type RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";

const declared = options({ period: tensorCount(100, "tensors from one search to the next") });

/**
 * Change of direction caused by quantization: 1 - cosine between a tensor and its quantized copy, or 1 if all codes are
 * 0. Codes are symmetric, clipped to `bound`, and rounded to nearest. An element has a code of magnitude k or more if
 * its magnitude exceeds (k - 1/2) steps, so sums over codes are computed as sums over these thresholds; an element
 * exactly on a threshold gets the even code.
 *
 * @param bound in the unit of the tensor
 */
export const deviation = (magnitudes: Magnitudes, bits: number, bound: number): number => {
  const most = 2 ** (bits - 1) - 1;
  let [product, ofCodes] = [0, 0];
  for (let code = 1; code <= most; code++) {
    const place = magnitudes.above(((code - 0.5) * bound) / most, code % 2 === 0);
    product += magnitudes.sumFrom(place);
    ofCodes += (2 * code - 1) * magnitudes.countFrom(place);
  }
  return ofCodes === 0 ? 1 : 1 - product / Math.sqrt(magnitudes.squares * ofCodes);
};

/** A bound, and the change of direction that quantization with it causes. */
interface Clip {
  readonly bound: number;
  readonly deviation: number;
}

/** Deviations are piecewise constant and do tie. Rounding errors of their sums are smaller than this. */
const tolerance = 1e-12;

/** The bound with the smaller deviation; of equal ones the wider. */
const better = (a: Clip, b: Clip): Clip => {
  const difference = a.deviation - b.deviation;
  if (Math.abs(difference) <= tolerance) return a.bound >= b.bound ? a : b;
  return difference < 0 ? a : b;
};

const candidates = 100;
const goldenSteps = 16;
const golden = (Math.sqrt(5) - 1) / 2;

/** The best of the bounds at 1/100, 2/100, .. of the largest magnitude. */
export const coarseClip = (clipAt: (bound: number) => Clip, largest: number): Clip =>
  Array.from({ length: candidates }, (_, i) => clipAt((largest * (i + 1)) / candidates)).reduce(better);

/** The best bound: the best of a hundred, refined by golden-section search between its neighbours. */
export const bestClip = (sample: Sample, bits: number, largest: number): Clip => {
  const magnitudes = magnitudesOf(sample);
  const clipAt = (bound: number): Clip => ({ bound, deviation: deviation(magnitudes, bits, bound) });
  let best = coarseClip(clipAt, largest);
  let lo = best.bound - largest / candidates;
  let hi = Math.min(best.bound + largest / candidates, largest);
  let lower = clipAt(hi - golden * (hi - lo));
  let upper = clipAt(lo + golden * (hi - lo));
  for (let i = 0; i < goldenSteps; i++) {
    best = better(best, better(lower, upper));
    if (better(lower, upper) === lower) {
      [hi, upper] = [upper.bound, lower];
      lower = clipAt(hi - golden * (hi - lo));
    } else {
      [lo, lower] = [lower.bound, upper];
      upper = clipAt(lo + golden * (hi - lo));
    }
  }
  return better(best, better(lower, upper));
};

/** Change of direction that quantization with a range caused, 1 - cosine; `undefined` if no `dsgc` measured it. */
export const deviationOf = ({ aux }: Range): number | undefined => aux?.deviation;

const searched = (stat: RangeStat): Range => {
  const measure = measureOf(stat);
  const { bits } = factsOf(stat);
  const largest = absMax(observedRange(stat));
  const [bound, turned] = measure(`least deviation with ${bits} bits, and how much it is`, (sample) => {
    const best = bestClip(sample, bits, largest);
    return [best.bound, best.deviation];
  }) as [number, number];
  return { ...symmetricRange(bound), aux: { deviation: turned } };
};

/**
 * Direction-sensitive gradient clipping: at every `period`-th tensor, a search on that tensor for the bound that
 * changes its direction least (largest cosine between the tensor and its quantized copy). The tensors in between use
 * the bound of the last search, so they are static.
 *
 *     observed   --a-------b--c--d-----|
 *     period 3   --(AA)----A-----(DD)--|
 *
 * Published with symmetric codes: `uniform:scheme=symmetric`.
 *
 * @param period tensors from one search to the next, at least 1. Default: 100.
 * @example
 * const outlier = statOf([0.9, -1.1, 1, 0.95, -1, 0.1, 3], { bits: 2, scheme: "symmetric" });
 * of(outlier).pipe(dsgc({ period: 2 }), map(({ hi }) => hi.toFixed(2)), take(1)); // ["1.80"]
 * @see Zhu et al. 2020, arXiv:1912.12607. The search (a hundred bounds, then golden sections) and the period are our choice:
 *   docs/methods.md section 1b found neither.
 */
export const dsgc = (given: Given<typeof declared> = {}): RangeEstimator => {
  const values = withDefaults(declared, given, "dsgc");
  const { period } = values;
  const estimator = measures("waiting", (observed$) =>
    observed$.pipe(
      scan((found: Range, stat, n) => (n % period === 0 ? searched(stat) : found), { lo: 0, hi: 0 }),
      concatMap((found, n) => {
        const forThis = n % period === 0 ? [found] : [];
        const forNext = (n + 1) % period === 0 ? [] : [found];
        return from([...forThis, ...forNext]);
      }),
    ),
  );
  return named(optionedName("dsgc", declared, values), estimator);
};

/** `dsgc` in the catalogue of estimators. */
export const dsgcEntry = estimatorEntry({
  name: "dsgc",
  summary:
    "range that changes the tensor's direction least, searched periodically; search and period are Rangeflow's choice",
  source: "Zhu et al. 2020, arXiv:1912.12607",
  isStatic: true,
  options: declared,
  make: dsgc,
});
