/** @file What estimators answer to a recording, judged and counted tensor by tensor: of a study on a terminal, and of a page. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Range } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import type { patienceOf } from "../../operators/module/patience.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { histogramGaps, seenBeside } from "./histogramGaps.ts";
import { type Judgement, judges } from "./judge.ts";
import { printedSink } from "./printedSink.ts";
import { type AnswerSink, type BoundedSink, replayAnswers } from "./replayAnswers.ts";
import { countTensor, emptyTally, type Tally } from "./tally.ts";

/** Takes what one estimator answers at one site with how it was judged, in order of steps. */
export type JudgedSink = (row: RangeSeen, range: Range, isStatic: boolean, judgement: Judgement) => void;

/** Who answers, and who hears of it. */
export interface JudgedReplay {
  /** None: the ranges that the run itself has used. */
  readonly estimators: readonly NamedEstimator[];
  readonly keep: (site: string) => boolean;
  readonly patience: ReturnType<typeof patienceOf>;
  readonly tolerance: number;
  /** Sites of a foreign recording of which no statistic was printed with a few digits. */
  readonly isExact?: (site: string) => boolean;
  /** Opens an estimator at a site, whose answers are counted in `tally`; a sink hears of each of them. */
  readonly open: (first: RangeSeen, tally: Tally) => JudgedSink | undefined;
  readonly failed: (site: string, estimator: string, failure: RangeflowFailure) => void;
}

const notQuantized = (site: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      site,
      "a statistic of a foreign recording, which was quantized with no range",
      "estimators to replay into",
      "name some, such as inHindsight",
    ),
  );

/**
 * Replays rows into estimators, each at each site, and judges every answer. One that asks for histograms at a site where only some tensors have
 * one is shown those alone (`ReplayRow.among`).
 *
 * @param rows those that estimators are shown; of a generator, which is read once, such an estimator is left out
 */
export const judgedAnswers = async (
  rows: Iterable<RangeSeen>,
  { estimators, keep, patience, tolerance, isExact = () => false, open, failed }: JudgedReplay,
): Promise<void> => {
  const gaps = await histogramGaps(rows, estimators, { keep, patience });
  const judgeAt = judges(tolerance);
  const opened = (first: RangeSeen, estimator: string): AnswerSink | BoundedSink => {
    const { site, role, foreign } = first;
    const named = estimators.find(({ name }) => name === estimator);
    if (foreign && !named) throw notQuantized(site);
    const tally = emptyTally({ site, role, estimator, among: gaps(site, estimator) });
    const judge = judgeAt(first);
    const sink = open(first, tally);
    const printed: AnswerSink = (row, range, isStatic) => {
      const judgement = judge(row, range);
      countTensor(tally, judgement, isStatic);
      sink?.(row, range, isStatic, judgement);
    };
    return foreign && named && !isExact(site)
      ? printedSink(first, named, { tally, tolerance, printed })
      : printed;
  };
  await replayAnswers(rows, {
    ...{ estimators, keep, open: opened, failed, patience },
    sees: seenBeside(gaps),
  });
};
