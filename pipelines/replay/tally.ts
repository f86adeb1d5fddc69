/** @file How ranges fitted the tensors of a site, counted tensor by tensor. */
import { codedRange } from "../../core/qparams.ts";
import { observedRange, type Range, type RangeStat, width, withZero } from "../../core/range.ts";
import type { Scheme } from "../../core/scheme.ts";
import type { RangeSeen, Role } from "../../core/signal.ts";
import type { Fit, HistogramFit } from "./histogramFit.ts";

/** Row of one estimator at one site: how its ranges would have fitted the tensors. */
export interface ReplayRow {
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  readonly steps: number;
  /** Share of the tensors whose range was there before them. */
  readonly staticShare: number;
  /**
   * Share of the tensors of which something is clipped: with a histogram any element, without one where they reach beyond the grid of
   * their range by more than half a step. That grid is the site's, or one of 8 bits where the recording does not say.
   */
  readonly clippedSteps: number;
  /** Mean and worst over steps of the distance of both ends from the observed ones, in the mean width of the site's tensors, 0 included. */
  readonly meanError: number;
  readonly worstError: number;
  /** Mean over the steps with histograms, in dB, rounded to nearest on the levels of the site; absent where there were none. */
  readonly sqnr?: number;
  /** Share of the elements of these steps that are clipped. */
  readonly clippedShare?: number;
  /** Why histograms were recorded that cannot tell both. */
  readonly unfit?: string;
}

/** Counts of one estimator at one site. */
export interface Tally {
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  steps: number;
  statics: number;
  clipped: number;
  /** Sum of widths of the tensors. */
  spans: number;
  /** Sum of the distances of both ends, and the largest of a step. */
  distances: number;
  worst: number;
  /** Number of the steps with histograms, and sums over them. */
  fits: number;
  decibels: number;
  beyond: number;
  unfit: string | undefined;
}

export const emptyTally = (of: Pick<Tally, "site" | "role" | "estimator">): Tally => ({
  ...{ site: of.site, role: of.role, estimator: of.estimator },
  ...{ steps: 0, statics: 0, clipped: 0, spans: 0, distances: 0, worst: 0 },
  ...{ fits: 0, decibels: 0, beyond: 0, unfit: undefined },
});

/** Whether the range [lo, hi] clips something of a tensor from min to max, 0 included in both; numbers, since objects would be garbage. */
export type Clips = (min: number, max: number, lo: number, hi: number) => boolean;

const clipsOf = (scheme: Scheme, bits: number): Clips => {
  const coded = codedRange(scheme, bits);
  const steps = 2 ** bits - 1;
  return (min, max, lo, hi) => {
    if (scheme === "affine") {
      // The grid itself matters only between 0 and 1 step beyond the range, since its ends lie within half a step of the range's.
      const beyond = Math.max(lo - min, max - hi);
      if (beyond <= 0) return false;
      if (beyond * steps > 1.01 * (hi - lo)) return true;
    }
    const kept = coded({ lo, hi });
    return min < kept.lo || max > kept.hi;
  };
};

/** Whether a grid clips of which nothing is known. */
const clipsOfEightBits: Clips = clipsOf("affine", 8);

/** Whether the grid of a site clips; that of 8 bits where its row does not say how many the site has. */
export const clipsAt = ({ stat: { facts } }: RangeSeen): Clips =>
  facts ? clipsOf(facts.scheme, facts.bits) : clipsOfEightBits;

/**
 * Counts one more tensor.
 *
 * @param isStatic whether the range was there before the tensor
 * @param clips whether the grid of the site clips, where no histogram can tell
 * @returns what its histogram tells, if it can
 */
export const countTensor = (
  tally: Tally,
  stat: RangeStat,
  range: Range,
  isStatic: boolean,
  fitted: HistogramFit | undefined,
  clips: Clips,
): Fit | undefined => {
  const observed = withZero(observedRange(stat));
  const covered = withZero(range);
  const distance = Math.abs(covered.lo - observed.lo) + Math.abs(covered.hi - observed.hi);
  tally.steps++;
  if (isStatic) tally.statics++;
  tally.spans += width(observed);
  tally.distances += distance;
  tally.worst = Math.max(tally.worst, distance);
  if (fitted === undefined || "unfit" in fitted) {
    tally.unfit ??= fitted?.unfit;
    if (clips(observed.lo, observed.hi, covered.lo, covered.hi)) tally.clipped++;
    return undefined;
  }
  const fit = fitted.fit(range);
  if (fit.clipped > 0) tally.clipped++;
  tally.fits++;
  tally.decibels += fit.sqnr;
  tally.beyond += fit.clipped;
  return fit;
};

/** Row that a tally comes to. */
export const rowOf = (tally: Tally): ReplayRow => {
  const { site, role, estimator, steps, spans, fits, unfit } = tally;
  return {
    ...{ site, role, estimator, steps },
    staticShare: tally.statics / steps,
    clippedSteps: tally.clipped / steps,
    meanError: tally.distances / spans,
    worstError: (tally.worst * steps) / spans,
    ...(fits > 0 && { sqnr: tally.decibels / fits, clippedShare: tally.beyond / fits }),
    ...(unfit !== undefined && { unfit }),
  };
};
