/** @file Estimators on a recorded run, without training: how far off their ranges would have been, and whether the run's own replay. */
import { isPromise } from "../../core/eventual.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { Range } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { defaultPatience, patienceOf } from "../../operators/module/patience.ts";
import { type RangeSource, rangeSource } from "../../operators/sites/rangeSource.ts";
import { checkRange, replayRange } from "../../operators/sites/replayRange.ts";
import { drive } from "../../operators/step/task.ts";
import { isQuantizers, type NamedEstimator } from "../../quantizers/quantizer.ts";
import { watchedCall } from "../foreign/watchdog.ts";
import { checkTolerance, defaultTolerance } from "./clips.ts";
import { type Judgement, judges } from "./judge.ts";
import { type AnswerSink, replayAnswers } from "./replayAnswers.ts";
import { countTensor, emptyTally, type ReplayRow, rowOf, type Tally } from "./tally.ts";

/** How a replay is judged, and who else sees it. */
export interface ReplayOptions {
  /** Steps of its grid that a tensor may reach beyond the outer levels before it counts as clipped. */
  readonly tolerance?: number;
  /** Waits for estimators that answer late. */
  readonly patience?: ReturnType<typeof patienceOf>;
  /** Opens a sink for every answer of an estimator at a site, whose first row is given; such as `trajectoryFile` has. */
  readonly open?: (first: RangeSeen, estimator: string) => JudgedSink;
}

/** Takes what one estimator answers at one site with how it was judged, in order of steps. */
export type JudgedSink = (row: RangeSeen, range: Range, isStatic: boolean, judgement: Judgement) => void;

/**
 * Replays a recording into estimators, and counts how their ranges fit.
 *
 * @param estimators none: the ranges that the run itself has used
 * @param keep which sites
 * @throws `RangeflowFailure` that names site, step and estimator where one fails, or answers no range, and for what is no tolerance
 * @example not run: it reads a run
 * const estimator = inHindsight({ decay: 0.95 });
 * const rows = readRecording("runs/mine/ranges").rows();
 * const study = await replayStudy(rows, [{ name: "inHindsight:decay=0.95", estimator }], (site) => site.endsWith("/gradient"));
 * for (const { site, clippedSteps } of study) console.log(site, clippedSteps);
 */
export const replayStudy = async (
  rows: Iterable<RangeSeen>,
  estimators: readonly NamedEstimator[],
  keep: (site: string) => boolean,
  options: ReplayOptions = {},
): Promise<readonly ReplayRow[]> => {
  const {
    tolerance = defaultTolerance,
    patience = patienceOf(defaultPatience),
    open,
  } = knownOptions("replayStudy", options, { tolerance: true, patience: true, open: true });
  checkTolerance("replayStudy", tolerance);
  const tallies: Tally[] = [];
  const judgeAt = judges(tolerance);
  const opened = (first: RangeSeen, estimator: string): AnswerSink => {
    const { site, role } = first;
    const tally = emptyTally({ site, role, estimator });
    tallies.push(tally);
    const judge = judgeAt(first);
    const sink = open?.(first, estimator);
    return (row, range, isStatic) => {
      const judgement = judge(row, range);
      countTensor(tally, judgement, isStatic);
      sink?.(row, range, isStatic, judgement);
    };
  };
  await replayAnswers(rows, { estimators, keep, open: opened, patience });
  return tallies.map(rowOf);
};

/** Result of a verification. */
export interface Verified {
  readonly sites: number;
  readonly ranges: number;
  /** Sites whose quantizer brings ranges of its own, such as learned ones: no estimator stands behind them. */
  readonly unasked: number;
}

/**
 * Proves that a recording replays: the run's own estimators, given the recorded statistics, answer the very ranges that the
 * run has used, bit for bit, and as early. Sites whose quantizers bring ranges of their own are left out, and counted.
 *
 * @throws `RangeflowFailure` that names the first site and step where they do not
 * @example not run: it reads a run
 * const named = async (name: string) => ({ name, estimator: inHindsight() });
 * const { ranges } = await verifyReplay(readRecording("runs/mine/ranges").rows(), named);
 */
export const verifyReplay = async (
  rows: Iterable<RangeSeen>,
  estimatorOf: (name: string) => Promise<NamedEstimator>,
  patience = patienceOf(defaultPatience),
): Promise<Verified> => {
  const named = new Map<string, NamedEstimator>();
  const unrecorded = { history: () => [], patience, watch: watchedCall };
  const bySite = new Map<string, RangeSource>();
  const unasked = new Set<string>();
  let ranges = 0;
  try {
    for (const row of rows) {
      const { site, estimator, verdict, isStatic } = row;
      if (isQuantizers(estimator)) {
        unasked.add(site);
        continue;
      }
      let source = bySite.get(site);
      if (source === undefined) {
        const known = named.get(estimator) ?? (await estimatorOf(estimator));
        named.set(estimator, known);
        source = rangeSource(site, known, unrecorded);
        bySite.set(site, source);
      }
      if (verdict === "observed") {
        const replayed = drive(replayRange(source, estimator, row));
        if (isPromise(replayed)) await replayed;
      } else if (isStatic) {
        const ahead = source.ahead(row.step);
        checkRange(estimator, row, ahead, ahead !== undefined);
      } else continue;
      ranges++;
    }
    return { sites: bySite.size, ranges, unasked: unasked.size };
  } finally {
    for (const source of bySite.values()) source.unsubscribe();
  }
};
