/** @file Intervals: `Range`, with which a tensor is quantized, and `RangeStat`, which was observed on it. */
import type { Measure } from "./measure.ts";
import type { SiteFacts } from "./siteFacts.ts";

/** A real interval [lo, hi] to quantize with, in the unit of the tensor. */
export interface Range {
  /** Lower bound. */
  readonly lo: number;
  /** Upper bound. */
  readonly hi: number;
  /**
   * Bound on the magnitude in each channel (the last side of an NHWC tensor), for projections that quantize channels
   * separately.
   */
  readonly channels?: readonly number[];
  /**
   * Further numbers from its estimator, by name, for readers of the signals; `dsgc` reports the `deviation` of a
   * gradient here.
   */
  readonly aux?: Readonly<Record<string, number>>;
}

/**
 * Statistics of one tensor before clipping. `min` and `max` are taken over the finite elements, and are +Infinity and
 * -Infinity if there are none.
 */
export interface RangeStat {
  /** Smallest finite element. */
  readonly min: number;
  /** Largest finite element. */
  readonly max: number;
  /** Number of elements. */
  readonly count: number;
  /** Number of elements that are NaN or infinite. */
  readonly nonFinite: number;
  /** Bits, scheme and projection of the tensor's site. Absent outside of sites, and in recordings without them. */
  readonly facts?: SiteFacts;
  /**
   * Measures the tensor itself, for estimators that declare it (`RangeEstimator.measures`). Valid only while the
   * statistic is being passed on.
   */
  readonly measure?: Measure;
}

/** A statistic with the facts of its site. Written out, because a spread would grow the object a second time. */
export const withFacts = ({ min, max, count, nonFinite }: RangeStat, facts: SiteFacts): RangeStat => ({
  min,
  max,
  count,
  nonFinite,
  facts,
});

/**
 * Widths below this count as zero, because their scale would not be a normal float32 number. Deliberately smaller than
 * the usual 1e-8: gradients of 1e-9 are data.
 */
export const tiniestWidth = 2 ** -100;

/**
 * Largest magnitude of a bound of a range, a quarter of the largest float32 number, so that widths, levels and zero
 * points computed from it are float32 numbers too. A tensor that exceeds it is treated as if it had infinities.
 */
export const largestEnd = 8.5e37;

const isEnd = (x: number): boolean => x >= -largestEnd && x <= largestEnd;

/** Whether a tensor can be quantized with a range. All grids, projections and estimators use this definition. */
export const isUsable = ({ lo, hi, channels }: Range): boolean =>
  lo <= hi &&
  isEnd(lo) &&
  isEnd(hi) &&
  (channels === undefined || channels.every((bound) => bound >= 0 && isEnd(bound)));

/** Description of a usable range, for error messages. */
export const usableRange = `finite numbers with lo <= hi, of magnitudes up to ${largestEnd}`;

/** The range limited to the largest usable bounds; [0, 0] for a tensor without finite elements. */
const limitedRange = ({ lo, hi }: Range): Range =>
  lo <= hi ? { lo: Math.max(lo, -largestEnd), hi: Math.min(hi, largestEnd) } : { lo: 0, hi: 0 };

/**
 * The range of a tensor for which no estimator provides one: its own finite extremes, limited to the largest usable
 * bounds.
 */
export const ownRange = (stat: RangeStat): Range => limitedRange({ lo: stat.min, hi: stat.max });

/** The smallest interval that contains `range` and 0, so that padding and ReLU stay exact. */
export const withZero = ({ lo, hi }: Range): Range => ({ lo: Math.min(lo, 0), hi: Math.max(hi, 0) });

/**
 * The largest magnitude in a range, max(|lo|, |hi|).
 *
 * @example
 * absMax({ lo: -3, hi: 2 }); // 3
 */
export const absMax = ({ lo, hi }: Range): number => Math.max(Math.abs(lo), Math.abs(hi));

/** The range [-bound, bound]. */
export const symmetricRange = (bound: number): Range => ({ lo: -bound, hi: bound });

/** Width of a range, hi - lo, in the unit of the tensor. */
export const width = ({ lo, hi }: Range): number => hi - lo;

/** Exponential moving average of both bounds: decay * past + (1 - decay) * present. */
export const movingAverage = (decay: number, past: Range, present: Range): Range => ({
  lo: decay * past.lo + (1 - decay) * present.lo,
  hi: decay * past.hi + (1 - decay) * present.hi,
});

/**
 * The observed extremes of a tensor as a range.
 *
 * @example
 * observedRange({ min: -1, max: 2 }); // { lo: -1, hi: 2 }
 */
export const observedRange = ({ min, max }: Pick<RangeStat, "min" | "max">): Range => ({ lo: min, hi: max });

/**
 * Class of a tensor by its statistics. Only `observed` tensors are passed to an estimator (docs/methods.md section 0).
 * Elements beyond the largest usable bound count as `nonFinite`.
 */
export type Verdict = "observed" | "empty" | "nonFinite" | "zero";

/** Classifies a tensor by its statistics. */
export const classifyRange = ({ min, max, count, nonFinite }: RangeStat): Verdict => {
  if (count === 0) return "empty";
  if (nonFinite > 0 || !isEnd(min) || !isEnd(max)) return "nonFinite";
  return width(withZero({ lo: min, hi: max })) < tiniestWidth ? "zero" : "observed";
};
