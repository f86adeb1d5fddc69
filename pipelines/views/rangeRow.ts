/** @file What a row says of the range of one tensor: the columns that the rows of a site and the answers of an estimator share. */
import type { answerFolds } from "./runView.ts";

/** A range, the tensor from min to max that it was for, and whether it was there before it. */
export interface RangeOfTensor {
  readonly min: number;
  readonly max: number;
  readonly lo: number;
  readonly hi: number;
  readonly isStatic: boolean;
}

type Places = { readonly [K in keyof typeof answerFolds]: number };

/** Span of an interval and 0, which every grid has. */
const span = (lo: number, hi: number): number => Math.max(hi, 0) - Math.min(lo, 0);

/** log2 of how many times the span of a tensor its range spans; NaN where one of them has none. */
const spanFit = ({ min, max, lo, hi }: RangeOfTensor): number => {
  const [tensor, range] = [span(min, max), span(lo, hi)];
  return tensor > 0 && range > 0 ? Math.log2(range / tensor) : Number.NaN;
};

/**
 * Writes a range to `out`, which says nothing yet.
 *
 * @param at places of the columns
 * @param isObserved whether the tensor has a span that a range can be held against
 */
export const writeRange = (out: Float64Array, at: Places, one: RangeOfTensor, isObserved: boolean): void => {
  const { lo, hi } = one;
  out[at.rows] = 1;
  if (one.isStatic) out[at.statics] = 1;
  out[at.loLeast] = lo;
  out[at.loGreatest] = lo;
  out[at.hiLeast] = hi;
  out[at.hiGreatest] = hi;
  const fit = isObserved ? spanFit(one) : Number.NaN;
  if (Number.isNaN(fit)) return;
  out[at.fitSum] = fit;
  out[at.fitLeast] = fit;
  out[at.fitGreatest] = fit;
  out[at.fitted] = 1;
};

/** Writes a signal-to-noise ratio in dB to `out`: one of a tensor that lost nothing is infinite, and no part of the mean; NaN is none. */
export const writeRatio = (out: Float64Array, at: Places, sqnr: number): void => {
  if (Number.isNaN(sqnr)) return;
  out[at.sqnrLeast] = sqnr;
  out[at.sqnrGreatest] = sqnr;
  if (!Number.isFinite(sqnr)) return;
  out[at.sqnrSum] = sqnr;
  out[at.sqnrs] = 1;
};

/** Whether a ratio is known of any tensor of a bucket, also where nothing was lost. */
export const hasRatio = (
  { sqnrGreatest }: { readonly sqnrGreatest: Float64Array },
  bucket: number,
): boolean => !Number.isNaN(sqnrGreatest[bucket]);

/** Whether a ratio is known of any tensor. */
export const hasRatios = ({ sqnrGreatest }: { readonly sqnrGreatest: Float64Array }): boolean =>
  sqnrGreatest.some((ratio) => !Number.isNaN(ratio));
