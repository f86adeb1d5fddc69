/** @file Estimators on a recorded run, without training: how far off their ranges would have been, and whether the run's own replay. */
import { isPromise } from "../../core/eventual.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { defaultPatience, patienceOf } from "../../operators/module/patience.ts";
import { type RangeSource, rangeSource } from "../../operators/sites/rangeSource.ts";
import { checkRange, replayRange } from "../../operators/sites/replayRange.ts";
import { drive } from "../../operators/step/task.ts";
import { isQuantizers, type NamedEstimator } from "../../quantizers/quantizer.ts";
import { watchedCall } from "../foreign/watchdog.ts";
import { fitsByRow } from "./histogramFit.ts";
import { type AnswerSink, replayAnswers } from "./replayAnswers.ts";
import { clipsAt, countTensor, emptyTally, type ReplayRow, rowOf, type Tally } from "./tally.ts";

/**
 * Replays a recording into estimators, and counts how their ranges fit.
 *
 * @param estimators none: the ranges that the run itself has used
 * @param keep which sites
 * @param patience waits for estimators that answer late
 * @throws `RangeflowFailure` that names site, step and estimator where one fails, or answers no range
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
  patience = patienceOf(defaultPatience),
): Promise<readonly ReplayRow[]> => {
  const tallies: Tally[] = [];
  const fitOf = fitsByRow();
  const open = (first: RangeSeen, estimator: string): AnswerSink => {
    const { site, role } = first;
    const tally = emptyTally({ site, role, estimator });
    tallies.push(tally);
    const clips = clipsAt(first);
    return (row, range, isStatic) => {
      countTensor(tally, row.stat, range, isStatic, fitOf(row), clips);
    };
  };
  await replayAnswers(rows, { estimators, keep, open, patience });
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
