/** @file Intervals: `Range`, which a tensor is quantized with, and `RangeStat`, which was observed of one. */
import type { Measure } from "./measure.ts";
import type { SiteFacts } from "./siteFacts.ts";

/** A real interval to quantize with, in the unit of the tensor. */
export interface Range {
  readonly lo: number;
  readonly hi: number;
  /** Largest magnitude to keep in each channel, the last side of an NHWC tensor, for a projection that takes each on its own. */
  readonly channels?: readonly number[];
  /** Further numbers of its estimator, by name, for whoever follows the signals: `dsgc` says by how much it turns a gradient. */
  readonly aux?: Readonly<Record<string, number>>;
}

/**
 * Statistic of one tensor before any clipping. `min` and `max` are over the finite elements
 * (+Infinity and -Infinity where there are none); `count` is the number of elements, `nonFinite` of NaN and infinite ones.
 */
export interface RangeStat {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly nonFinite: number;
  /** Bits, scheme and projection of the site whose tensor it is; absent outside of sites, and where a recording does not say. */
  readonly facts?: SiteFacts;
  /** Asks the tensor itself, for estimators that say they measure (`RangeEstimator`). Only while the statistic is handed on. */
  readonly measure?: Measure;
}

/** A statistic with the facts of its site; written out, because a spread of it grows the object once more. */
export const withFacts = ({ min, max, count, nonFinite }: RangeStat, facts: SiteFacts): RangeStat => ({
  min,
  max,
  count,
  nonFinite,
  facts,
});

/**
 * Widths below this are treated as zero: their scale would leave the normal float32 numbers.
 * Smaller than the 1e-8 of other systems on purpose, since gradients of 1e-9 are data.
 */
export const tiniestWidth = 2 ** -100;

/**
 * The largest magnitude of an end of a range, a quarter of the largest float32 number: the widths, levels and zero points that are
 * computed of such a range are float32 numbers, too. A tensor that reaches further is as good as one with infinities.
 */
export const largestEnd = 8.5e37;

const isEnd = (x: number): boolean => x >= -largestEnd && x <= largestEnd;

/** Whether a tensor can be quantized with a range; the one place that decides it for all grids, projections and estimators. */
export const isUsable = ({ lo, hi, channels }: Range): boolean =>
  lo <= hi &&
  isEnd(lo) &&
  isEnd(hi) &&
  (channels === undefined || channels.every((bound) => bound >= 0 && isEnd(bound)));

/** Description of a usable range, for error messages. */
export const usableRange = `finite numbers with lo <= hi, of magnitudes up to ${largestEnd}`;

/** The usable range that is nearest to the ends of a tensor; [0, 0] for a tensor without finite elements. */
const limitedRange = ({ lo, hi }: Range): Range =>
  lo <= hi ? { lo: Math.max(lo, -largestEnd), hi: Math.min(hi, largestEnd) } : { lo: 0, hi: 0 };

/** The range of a tensor for which no estimator has one: its own finite ends, as far as a range reaches. */
export const ownRange = (stat: RangeStat): Range => limitedRange({ lo: stat.min, hi: stat.max });

/** The smallest interval that holds `range` and 0, so that padding and ReLU stay exact. */
export const withZero = ({ lo, hi }: Range): Range => ({ lo: Math.min(lo, 0), hi: Math.max(hi, 0) });

/**
 * Largest magnitude of the ends.
 *
 * @example
 * absMax({ lo: -3, hi: 2 }); // 3
 */
export const absMax = ({ lo, hi }: Range): number => Math.max(Math.abs(lo), Math.abs(hi));

/** The range from -bound to bound. */
export const symmetricRange = (bound: number): Range => ({ lo: -bound, hi: bound });

/** hi - lo, in the unit of the tensor. */
export const width = ({ lo, hi }: Range): number => hi - lo;

/** Exponential moving average, end by end: decay * past + (1 - decay) * present. */
export const movingAverage = (decay: number, past: Range, present: Range): Range => ({
  lo: decay * past.lo + (1 - decay) * present.lo,
  hi: decay * past.hi + (1 - decay) * present.hi,
});

/**
 * The interval that was observed, as a range.
 *
 * @example
 * observedRange({ min: -1, max: 2 }); // { lo: -1, hi: 2 }
 */
export const observedRange = ({ min, max }: Pick<RangeStat, "min" | "max">): Range => ({ lo: min, hi: max });

/**
 * Class of a tensor by its statistic: only `observed` ones reach an estimator (docs/methods.md section 0). Elements that no range can hold count
 * as not finite.
 */
export type Verdict = "observed" | "empty" | "nonFinite" | "zero";

/** Verdict on a tensor from its statistic. */
export const classifyRange = ({ min, max, count, nonFinite }: RangeStat): Verdict => {
  if (count === 0) return "empty";
  if (nonFinite > 0 || !isEnd(min) || !isEnd(max)) return "nonFinite";
  return width(withZero({ lo: min, hi: max })) < tiniestWidth ? "zero" : "observed";
};
