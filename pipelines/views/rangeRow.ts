/** @file The range of one tensor as a row: columns that the rows of sites and the answers of estimators share. */
import type { answerFolds } from "./runView.ts";

/** A range, the tensor from min to max that it was for, and whether it was known before the tensor. */
export interface RangeOfTensor {
  readonly min: number;
  readonly max: number;
  readonly lo: number;
  readonly hi: number;
  readonly isStatic: boolean;
}

type Places = { readonly [K in keyof typeof answerFolds]: number };

/** Span of an interval widened to include 0, as every grid does. */
const span = (lo: number, hi: number): number => Math.max(hi, 0) - Math.min(lo, 0);

/** log2 of the span of a range over that of its tensor; NaN if either is 0. */
const spanFit = ({ min, max, lo, hi }: RangeOfTensor): number => {
  const [tensor, range] = [span(min, max), span(lo, hi)];
  return tensor > 0 && range > 0 ? Math.log2(range / tensor) : Number.NaN;
};

/**
 * Writes a range to `out`, which must be empty.
 *
 * @param at indices of the columns
 * @param isObserved whether the tensor has a span to compare a range with
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

/**
 * Writes a signal-to-noise ratio in dB to `out`. For a tensor without loss it is infinite and not part of the mean; NaN, and the negative
 * infinity of a tensor without signal, mean none.
 */
export const writeRatio = (out: Float64Array, at: Places, sqnr: number): void => {
  if (!(sqnr > Number.NEGATIVE_INFINITY)) return;
  out[at.sqnrLeast] = sqnr;
  out[at.sqnrGreatest] = sqnr;
  if (!Number.isFinite(sqnr)) return;
  out[at.sqnrSum] = sqnr;
  out[at.sqnrs] = 1;
};

/** Whether the ratio of any tensor in a bucket is known, including tensors without loss. */
export const hasRatio = (
  { sqnrGreatest }: { readonly sqnrGreatest: Float64Array },
  bucket: number,
): boolean => !Number.isNaN(sqnrGreatest[bucket]);

/** Whether the ratio of any tensor is known. */
export const hasRatios = ({ sqnrGreatest }: { readonly sqnrGreatest: Float64Array }): boolean =>
  sqnrGreatest.some((ratio) => !Number.isNaN(ratio));
