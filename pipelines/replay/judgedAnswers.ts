/** @file Ranges that estimators answer to a recording, evaluated and counted tensor by tensor, for the terminal and for pages. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Rounding } from "../../core/quantizationError.ts";
import type { Range } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import type { patienceOf } from "../../operators/module/patience.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { histogramGaps, seenBeside } from "./histogramGaps.ts";
import { type Judgement, judges } from "./judge.ts";
import { printedSink } from "./printedSink.ts";
import { type AnswerSink, type BoundedSink, replayAnswers } from "./replayAnswers.ts";
import { countTensor, emptyTally, type Tally } from "./tally.ts";

/** Receives each range of one estimator at one site with its evaluation, in order of steps. */
export type JudgedSink = (row: RangeSeen, range: Range, isStatic: boolean, judgement: Judgement) => void;

/** Estimators of a replay, and receivers of their ranges. */
export interface JudgedReplay {
  /** Estimators. If empty, the ranges that the run itself used. */
  readonly estimators: readonly NamedEstimator[];
  readonly keep: (site: string) => boolean;
  readonly patience: ReturnType<typeof patienceOf>;
  readonly tolerance: number;
  /** How fits of histograms round. Default: to nearest. */
  readonly rounding?: Rounding;
  /** Whether all statistics of a site in an imported recording are exact, and none was printed with a few digits. */
  readonly isExact?: (site: string) => boolean;
  /** Called once for each estimator at each site, whose results are counted in `tally`. The returned sink receives each range. */
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
 * Replays rows into estimators, each at each site, and evaluates every range. At sites where only some tensors have a histogram, an
 * estimator that needs histograms is shown only those (`ReplayRow.among`).
 *
 * @param rows rows that estimators are shown; if they can be read only once, as from a generator, such an estimator is left out
 */
export const judgedAnswers = async (
  rows: Iterable<RangeSeen>,
  { estimators, keep, patience, tolerance, rounding, isExact = () => false, open, failed }: JudgedReplay,
): Promise<void> => {
  const gaps = await histogramGaps(rows, estimators, { keep, patience });
  const judgeAt = judges(tolerance, rounding);
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
