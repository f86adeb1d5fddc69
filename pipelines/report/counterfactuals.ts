/** @file What other estimators would have answered at the sites of a run, as its page shows it; nothing is trained. */
import { RangeflowFailure } from "../../core/errors.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { defaultPatience, patienceOf } from "../../operators/module/patience.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { defaultTolerance } from "../replay/clips.ts";
import { histogramGaps, seenBeside } from "../replay/histogramGaps.ts";
import { judges } from "../replay/judge.ts";
import { printedSink } from "../replay/printedSink.ts";
import { isShown } from "../replay/recordedSites.ts";
import { type AnswerSink, type BoundedSink, replayAnswers } from "../replay/replayAnswers.ts";
import { countTensor, emptyTally, rowOf, type Tally } from "../replay/tally.ts";
import { writeAnswer } from "../views/answerRow.ts";
import { type Buckets, buckets, emptyRow } from "../views/buckets.ts";
import { answerFolds, ownRanges, type RunView } from "../views/runView.ts";

/** One estimator at one site while its answers come. */
interface Answers {
  readonly tally: Tally;
  readonly buckets: Buckets<typeof answerFolds>;
  failure: string | undefined;
}

const unsaid = { lo: Number.NaN, hi: Number.NaN } as const;

const everywhere = (): boolean => true;

/** The rows of the first steps that estimators are shown, in front of the first that cannot be read; a run that goes on may have more of them by now. */
function* wholeRows(rows: Iterable<RangeSeen>, steps: number): Generator<RangeSeen> {
  try {
    for (const row of rows) if (row.step < steps && isShown(row, false)) yield row;
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw error;
  }
}

/**
 * A view with what other estimators would have answered, and with what histograms tell of the run's own ranges, to compare. One that fails at a site is told of there, and asked no more.
 *
 * @param view of the run whose recording it is
 * @param rows reads the recording from its start; what cannot be read ends it, since the view says what is missing
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
  const judgeAt = judges();
  const written = emptyRow(answerFolds);
  const replayed = async (estimators: readonly NamedEstimator[]): Promise<readonly Answers[]> => {
    const isOwn = estimators.length === 0;
    const shown: Iterable<RangeSeen> = { [Symbol.iterator]: () => wholeRows(rows(), steps) };
    const gaps = await histogramGaps(shown, estimators, { keep: everywhere, patience });
    const all: Answers[] = [];
    const open = (first: RangeSeen, named: string): AnswerSink | BoundedSink => {
      const { site, role, foreign } = first;
      const among = gaps(site, named);
      const tally = emptyTally({ site, role, estimator: isOwn ? ownRanges : named, among });
      const folded = buckets(answerFolds, count);
      all.push({ tally, buckets: folded, failure: undefined });
      const judge = judgeAt(first);
      const printed: AnswerSink = (row, range, isStatic) => {
        const { stat, step } = row;
        const judgement = judge(row, range);
        countTensor(tally, judgement, isStatic);
        const { clipped: isClipped, fit } = judgement;
        if (isOwn && !fit) return;
        const { min, max, count } = stat;
        // Of the run's own the site has all but what histograms tell.
        const { lo, hi } = isOwn ? unsaid : range;
        writeAnswer(written, { min, max, lo, hi, isStatic, isClipped, count, fit });
        folded.add(Math.floor(step / width), written, 1);
      };
      const estimator = estimators.find(({ name }) => name === named);
      return foreign && estimator
        ? printedSink(first, estimator, { tally, tolerance: defaultTolerance, printed })
        : printed;
    };
    const failed = (site: string, estimator: string, { message }: RangeflowFailure): void => {
      const answers = all.find(({ tally }) => tally.site === site && tally.estimator === estimator);
      if (answers) answers.failure = message;
    };
    await replayAnswers(shown, {
      ...{ estimators, keep: everywhere, open, failed, patience },
      sees: seenBeside(gaps),
    });
    return all;
  };
  const own = view.state === "imported" ? [] : await replayed([]);
  const others = await replayed(estimators);
  const fitted = own.filter(({ tally }) => tally.fits > 0);
  return {
    ...view,
    counterfactuals: [...fitted, ...others].map(({ tally: { site, estimator }, buckets, failure }) => ({
      ...{ site, estimator, columns: buckets.columns(0, count) },
      ...(failure !== undefined && { failure }),
    })),
    replayed: [...own, ...others].filter(({ tally }) => tally.steps > 0).map(({ tally }) => rowOf(tally)),
  };
};
