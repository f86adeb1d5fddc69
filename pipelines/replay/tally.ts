/** @file How ranges fitted the tensors of a site, counted tensor by tensor. */
import type { Role } from "../../core/signal.ts";
import type { Judgement } from "./judge.ts";
import type { JudgementBounds } from "./judgedBounds.ts";

/** From the least to the greatest that a number may be. */
export type Bounds = readonly [least: number, most: number];

/** Bounds of a row, whatever the tensors were that statistics were printed of with a few digits. */
export interface RowBounds {
  readonly staticShare: Bounds;
  readonly clippedSteps: Bounds;
  readonly meanError: Bounds;
  readonly p95Error: Bounds;
}

/** Row of one estimator at one site: how its ranges would have fitted the tensors. */
export interface ReplayRow {
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  readonly steps: number;
  /**
   * Tensors of the site, of which the estimator was shown only those with a histogram, `steps` of them, as if the others had not been;
   * absent where it was shown all.
   */
  readonly among?: number;
  /** Share of the tensors whose range was there before them. */
  readonly staticShare: number;
  /** Share of the tensors that reach beyond the outer levels of their grid by more than the tolerance (`Judgement`). */
  readonly clippedSteps: number;
  /** Mean over the tensors of the share of the interval of range and tensor together that one of them takes alone, from 0 to 1 (`rangeError`). */
  readonly meanError: number;
  /** The error that 95 % of the tensors do not exceed, to the nearest thousandth. */
  readonly p95Error: number;
  /**
   * Mean over the steps with histograms at which something was lost, in dB, rounded to nearest on the levels of the site; infinite where
   * nothing was at any, absent where there were no histograms.
   */
  readonly sqnr?: number;
  /** Share of the elements of these steps that are clipped. */
  readonly clippedShare?: number;
  /** Number of these steps, and the share of their tensors whose range was there before them. */
  readonly sqnrSteps?: number;
  readonly sqnrStaticShare?: number;
  /** How many of them lost nothing, which are no part of the mean; absent where all did. */
  readonly losslessSteps?: number;
  /** Why histograms were recorded that cannot tell both. */
  readonly unfit?: string;
  /** What holds for every tensor that a printed statistic may be of; absent where all of them are exact. */
  readonly bounds?: RowBounds;
  /** Share of the tensors of which digits leave open whether they have any width, and the widest half-width of those; absent where there are none. */
  readonly lost?: { readonly share: number; readonly within: number };
  /** Why bounds are not known although statistics were printed with a few digits. */
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
  /** Sum of the errors, and how many there are of each thousandth. */
  errors: number;
  readonly thousandths: Uint32Array;
  /** Number of the steps with histograms, and sums over them. */
  fits: number;
  fitStatics: number;
  /** Sum of the ratios in dB that are finite, and how many are: a tensor that lost nothing has an infinite one. */
  decibels: number;
  ratios: number;
  beyond: number;
  unfit: string | undefined;
  /** Sums of the bounds of tensors whose statistic was printed, and of all others; absent where all are exact. */
  bounds: BoundsTally | undefined;
  unbounded: string | undefined;
  /** Number of tensors that may have no width, and the widest half-width of them. */
  lost: number;
  lostWithin: number;
}

/** Counts of the bounds of judgements: the least of each sum, and the greatest. */
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
 * @param isStatic whether the range was there before the tensor
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
  if (fit === undefined) return;
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

/** Counts the bounds of a tensor; once for each that `countTensor` counts. */
export const countBounds = (
  tally: Tally,
  { error: [least, most], surelyClips, mayClip }: JudgementBounds,
): void => {
  tally.bounds ??= { surely: emptyErrors(), maybe: emptyErrors() };
  countError(tally.bounds.surely, least, surelyClips);
  countError(tally.bounds.maybe, most, mayClip);
};

/** The least thousandth that so large a share of all counts does not exceed. */
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

/** Row that a tally comes to. */
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
