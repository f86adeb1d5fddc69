/** @file The answer of an estimator for one tensor as a row to fold, in the order of a counterfactual's columns. */
import { emptyRow, places } from "./buckets.ts";
import { type RangeOfTensor, writeRange, writeRatio } from "./rangeRow.ts";
import { answerFolds } from "./runView.ts";

/** An answer, with the tensor that it is for. */
export interface AnswerRow extends RangeOfTensor {
  readonly isClipped: boolean;
  /** Number of elements of the tensor. */
  readonly count: number;
  /** Fit according to its histogram: ratio in dB, and share of clipped elements; undefined without a histogram that applies. */
  readonly fit: { readonly sqnr: number; readonly clipped: number } | undefined;
}

const at = places(answerFolds);
const silent = emptyRow(answerFolds);

/** Writes an answer to `out`, one number for each column of a counterfactual. */
export const writeAnswer = (out: Float64Array, answer: AnswerRow): void => {
  const { count, fit } = answer;
  out.set(silent);
  writeRange(out, at, answer, true);
  if (answer.isClipped) out[at.clippedTensors] = 1;
  if (!fit) return;
  out[at.clipped] = fit.clipped * count;
  out[at.elements] = count;
  out[at.clippedWorst] = fit.clipped;
  writeRatio(out, at, fit.sqnr);
};
