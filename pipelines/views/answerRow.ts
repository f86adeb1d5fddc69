/** @file What an estimator would have answered for one tensor, as it is folded, in the order of the columns of a counterfactual. */
import { emptyRow, places } from "./buckets.ts";
import { answerFolds } from "./runView.ts";
import { spanFit } from "./siteRow.ts";

/** An answer, beside the tensor that it is for. */
export interface AnswerRow {
  readonly min: number;
  readonly max: number;
  readonly lo: number;
  readonly hi: number;
  readonly isStatic: boolean;
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
  const { min, max, lo, hi, count, fit } = answer;
  const spans = spanFit(min, max, lo, hi);
  out.set(silent);
  out[at.rows] = 1;
  if (answer.isStatic) out[at.statics] = 1;
  out[at.loLeast] = lo;
  out[at.loGreatest] = lo;
  out[at.hiLeast] = hi;
  out[at.hiGreatest] = hi;
  if (!Number.isNaN(spans)) {
    out[at.fitSum] = spans;
    out[at.fitLeast] = spans;
    out[at.fitGreatest] = spans;
    out[at.fitted] = 1;
  }
  if (answer.isClipped) out[at.clippedTensors] = 1;
  if (!fit) return;
  out[at.clipped] = fit.clipped * count;
  out[at.elements] = count;
  out[at.clippedWorst] = fit.clipped;
  out[at.sqnrLeast] = fit.sqnr;
  out[at.sqnrGreatest] = fit.sqnr;
  out[at.sqnrSum] = fit.sqnr;
  out[at.sqnrs] = 1;
};
