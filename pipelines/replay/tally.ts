/** @file Counts of how well ranges fitted the tensors of a site. */
import type { Role } from "../../core/signal.ts";
import type { Judgement } from "./judge.ts";
import type { JudgementBounds } from "./judgedBounds.ts";

/** The smallest and the largest possible value of a number. */
export type Bounds = readonly [least: number, most: number];

/** Bounds of a row that hold for all tensors which the printed statistics may describe. */
export interface RowBounds {
  readonly staticShare: Bounds;
  readonly clippedSteps: Bounds;
  readonly meanError: Bounds;
  readonly p95Error: Bounds;
}

/** Result of one estimator at one site: how well its ranges would have fitted the tensors. */
export interface ReplayRow {
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  /** Number of tensors that the estimator was shown. */
  readonly steps: number;
  /**
   * Number of all tensors of the site, if the estimator was shown only those with a histogram, `steps` of them; absent if it was shown
   * all.
   */
  readonly among?: number;
  /** Share of the tensors whose range was known before them, 0 to 1. */
  readonly staticShare: number;
  /** Share of the tensors that exceed the outer levels of their grid by more than the tolerance, 0 to 1 (`Judgement`). */
  readonly clippedSteps: number;
  /** Mean error over the tensors, from 0 to 1: 1 - intersection / union of range and tensor (`rangeError`). */
  readonly meanError: number;
  /** 95th percentile of the error, to the nearest thousandth. */
  readonly p95Error: number;
  /**
   * Mean signal-to-quantization-noise ratio in dB over the steps with histograms, rounded to nearest on the levels of the site. Steps
   * without any loss do not count; infinite if no step had a loss, absent without histograms.
   */
  readonly sqnr?: number;
  /** Share of the elements of these steps that are clipped, 0 to 1. */
  readonly clippedShare?: number;
  /** Number of steps with histograms, without those of tensors that have no signal. */
  readonly sqnrSteps?: number;
  /** Share of these steps whose range was known before the tensor, 0 to 1. */
  readonly sqnrStaticShare?: number;
  /** Number of these steps without any loss, which the mean leaves out; absent if all have none. */
  readonly losslessSteps?: number;
  /** Why recorded histograms give neither of the two. */
  readonly unfit?: string;
  /** Bounds over all tensors that the printed statistics may describe; absent if all statistics are exact. */
  readonly bounds?: RowBounds;
  /**
   * Share of the tensors whose digits leave open whether they have any width, and the largest half-width of those; absent if there are
   * none.
   */
  readonly lost?: { readonly share: number; readonly within: number };
  /** Why there are no bounds although statistics were printed with a few digits. */
  readonly unbounded?: string;
}

/** Counts of one estimator at one site. */
export interface Tally {
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  readonly among: number | undefined;
  steps: number;
  statics: number;
  clipped: number;
  /** Sum of the errors, and a histogram of them in thousandths. */
  errors: number;
  readonly thousandths: Uint32Array;
  /** Number of steps with a ratio, and sums over them. */
  fits: number;
  fitStatics: number;
  /** Sum and number of the finite ratios in dB. A tensor without loss has an infinite one. */
  decibels: number;
  ratios: number;
  beyond: number;
  unfit: string | undefined;
  /** Sums of the bounds over all tensors, printed or exact; absent if all are exact. */
  bounds: BoundsTally | undefined;
  unbounded: string | undefined;
  /** Number of tensors that may have no width, and their largest half-width. */
  lost: number;
  lostWithin: number;
}

/** Sums of lower and upper bounds of evaluations. */
interface BoundsTally {
  readonly surely: ErrorTally;
  readonly maybe: ErrorTally;
}

interface ErrorTally {
  errors: number;
  clipped: number;
  readonly thousandths: Uint32Array;
}

const emptyErrors = (): ErrorTally => ({ errors: 0, clipped: 0, thousandths: new Uint32Array(1001) });

export const emptyTally = (
  of: Pick<Tally, "site" | "role" | "estimator"> & Partial<Pick<Tally, "among">>,
): Tally => ({
  ...{ site: of.site, role: of.role, estimator: of.estimator, among: of.among },
  ...{ steps: 0, statics: 0, clipped: 0, errors: 0, thousandths: new Uint32Array(1001) },
  ...{ fits: 0, fitStatics: 0, decibels: 0, ratios: 0, beyond: 0, unfit: undefined },
  ...{ bounds: undefined, unbounded: undefined, lost: 0, lostWithin: 0 },
});

/**
 * Counts one more tensor.
 *
 * @param isStatic whether the range was known before the tensor
 */
export const countTensor = (
  tally: Tally,
  { error, clipped, fit, unfit }: Judgement,
  isStatic: boolean,
): void => {
  tally.steps++;
  if (isStatic) tally.statics++;
  if (clipped) tally.clipped++;
  tally.errors += error;
  tally.thousandths[Math.round(1000 * error)]!++;
  tally.unfit ??= unfit;
  // A tensor of zeros on levels without a zero has noise and no signal, and so no ratio.
  if (fit === undefined || !(fit.sqnr > Number.NEGATIVE_INFINITY)) return;
  tally.fits++;
  if (isStatic) tally.fitStatics++;
  if (Number.isFinite(fit.sqnr)) {
    tally.decibels += fit.sqnr;
    tally.ratios++;
  }
  tally.beyond += fit.clipped;
};

const countError = (tally: ErrorTally, error: number, clips: boolean): void => {
  tally.errors += error;
  if (clips) tally.clipped++;
  tally.thousandths[Math.round(1000 * error)]!++;
};

/** Counts the bounds of a tensor. Call it once for each call of `countTensor`. */
export const countBounds = (
  tally: Tally,
  { error: [least, most], surelyClips, mayClip }: JudgementBounds,
): void => {
  tally.bounds ??= { surely: emptyErrors(), maybe: emptyErrors() };
  countError(tally.bounds.surely, least, surelyClips);
  countError(tally.bounds.maybe, most, mayClip);
};

/** The smallest thousandth that is at least as large as the given share of all counts. */
const quantile = (thousandths: Uint32Array, steps: number, share: number): number => {
  let seen = 0;
  return (
    thousandths.findIndex((count) => {
      seen += count;
      return seen >= share * steps;
    }) / 1000
  );
};

const boundsOf = ({ steps, statics, bounds }: Tally): RowBounds | undefined => {
  if (bounds === undefined) return undefined;
  const both = (of: (tally: ErrorTally) => number): Bounds => [of(bounds.surely), of(bounds.maybe)];
  return {
    staticShare: [statics / steps, statics / steps],
    clippedSteps: both(({ clipped }) => clipped / steps),
    meanError: both(({ errors }) => errors / steps),
    p95Error: both(({ thousandths }) => quantile(thousandths, steps, 0.95)),
  };
};

/** The row of a tally. */
export const rowOf = (tally: Tally): ReplayRow => {
  const {
    site,
    role,
    estimator,
    among,
    steps,
    thousandths,
    fits,
    ratios,
    unfit,
    unbounded,
    lost,
    lostWithin,
  } = tally;
  const bounds = unbounded === undefined ? boundsOf(tally) : undefined;
  return {
    ...{ site, role, estimator, steps },
    ...(among !== undefined && { among }),
    staticShare: tally.statics / steps,
    clippedSteps: tally.clipped / steps,
    meanError: tally.errors / steps,
    p95Error: quantile(thousandths, steps, 0.95),
    ...(fits > 0 && {
      ...{
        sqnr: ratios > 0 ? tally.decibels / ratios : Number.POSITIVE_INFINITY,
        clippedShare: tally.beyond / fits,
      },
      ...{ sqnrSteps: fits, sqnrStaticShare: tally.fitStatics / fits },
      ...(ratios < fits && { losslessSteps: fits - ratios }),
    }),
    ...(unfit !== undefined && { unfit }),
    ...(bounds && { bounds }),
    ...(lost > 0 && { lost: { share: lost / steps, within: lostWithin } }),
    ...(unbounded !== undefined && { unbounded }),
  };
};
