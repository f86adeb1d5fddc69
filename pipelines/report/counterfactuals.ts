/** @file Counterfactual ranges on the page of a run: what other estimators would have answered at its sites, without training. */
import { RangeflowFailure } from "../../core/errors.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { defaultPatience, patienceOf } from "../../operators/module/patience.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { defaultTolerance } from "../replay/clips.ts";
import { type JudgedSink, judgedAnswers } from "../replay/judgedAnswers.ts";
import { isShown } from "../replay/recordedSites.ts";
import { rowOf, type Tally } from "../replay/tally.ts";
import { writeAnswer } from "../views/answerRow.ts";
import { type Buckets, buckets, emptyRow } from "../views/buckets.ts";
import { answerFolds, ownRanges, type RunView } from "../views/runView.ts";

/** One estimator at one site during the replay. */
interface Answers {
  /** Name of the estimator on the page. */
  readonly name: string;
  readonly tally: Tally;
  readonly buckets: Buckets<typeof answerFolds>;
  failure: string | undefined;
}

const unsaid = { lo: Number.NaN, hi: Number.NaN } as const;

const everywhere = (): boolean => true;

/** The rows of the first `steps` steps, up to the first unreadable one. A run in progress may have recorded more since. */
function* wholeRows(rows: Iterable<RangeSeen>, steps: number): Generator<RangeSeen> {
  try {
    for (const row of rows) if (row.step < steps && isShown(row, false)) yield row;
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw error;
  }
}

/**
 * A view with the ranges of other estimators and, for comparison, what histograms say about the run's own ranges. An estimator that fails
 * at a site is reported there and no longer replayed at it.
 *
 * @param view view of the run
 * @param rows reads the recording from its start; an unreadable row ends it, and the view reports what is missing
 * @param patience waits for estimators that answer late
 */
export const withCounterfactuals = async (
  view: RunView,
  rows: () => Iterable<RangeSeen>,
  estimators: readonly NamedEstimator[],
  patience = patienceOf(defaultPatience),
): Promise<RunView> => {
  const { width, steps } = view;
  const count = Math.ceil(steps / width);
  const written = emptyRow(answerFolds);
  const replayed = async (estimators: readonly NamedEstimator[]): Promise<readonly Answers[]> => {
    const isOwn = estimators.length === 0;
    const shown: Iterable<RangeSeen> = { [Symbol.iterator]: () => wholeRows(rows(), steps) };
    const all: Answers[] = [];
    const open = (_: RangeSeen, tally: Tally): JudgedSink => {
      const folded = buckets(answerFolds, count);
      all.push({ name: isOwn ? ownRanges : tally.estimator, tally, buckets: folded, failure: undefined });
      return ({ stat, step }, range, isStatic, { clipped: isClipped, fit }) => {
        if (isOwn && !fit) return;
        const { min, max, count } = stat;
        // The site already has the run's own ranges. Only what histograms say about them is new.
        const { lo, hi } = isOwn ? unsaid : range;
        writeAnswer(written, { min, max, lo, hi, isStatic, isClipped, count, fit });
        folded.add(Math.floor(step / width), written, 1);
      };
    };
    const failed = (site: string, estimator: string, { message }: RangeflowFailure): void => {
      const answers = all.find(({ tally }) => tally.site === site && tally.estimator === estimator);
      if (answers) answers.failure = message;
    };
    await judgedAnswers(shown, {
      ...{ estimators, keep: everywhere, open, failed, patience, tolerance: defaultTolerance },
    });
    return all;
  };
  const own = view.state === "imported" ? [] : await replayed([]);
  const others = await replayed(estimators);
  const fitted = own.filter(({ tally }) => tally.fits > 0);
  return {
    ...view,
    counterfactuals: [...fitted, ...others].map(({ name, tally: { site }, buckets, failure }) => ({
      ...{ site, estimator: name, columns: buckets.columns(0, count) },
      ...(failure !== undefined && { failure }),
    })),
    replayed: [...own, ...others]
      .filter(({ tally }) => tally.steps > 0)
      .map(({ name, tally }) => ({ ...rowOf(tally), estimator: name })),
  };
};
