/** @file What an estimator would have answered for one tensor, as it is folded, in the order of the columns of a counterfactual. */
import { emptyRow, places } from "./buckets.ts";
import { type RangeOfTensor, writeRange, writeRatio } from "./rangeRow.ts";
import { answerFolds } from "./runView.ts";

/** An answer, beside the tensor that it is for. */
export interface AnswerRow extends RangeOfTensor {
  readonly isClipped: boolean;
  /** Number of elements of the tensor. */
  readonly count: number;
  /** What its histogram tells: ratio in dB and share of clipped elements; undefined where there was none that can. */
  readonly fit: { readonly sqnr: number; readonly clipped: number } | undefined;
}

const at = places(answerFolds);
const silent = emptyRow(answerFolds);

/** Writes an answer to `out`, a number for each column of a counterfactual. */
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
