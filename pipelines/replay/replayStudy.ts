/** @file Estimators on a recorded run, without training: what each would have answered, and how far off it would have been. */
import { after, type Eventual, each, isPromise } from "../../core/eventual.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { defaultPatience, patienceOf } from "../../operators/module/patience.ts";
import { type RangeSource, rangeSource } from "../../operators/sites/rangeSource.ts";
import { checkRange, replayRange } from "../../operators/sites/replayRange.ts";
import { drive } from "../../operators/step/task.ts";
import { isQuantizers, type NamedEstimator } from "../../quantizers/quantizer.ts";
import { watchedCall } from "../foreign/watchdog.ts";
import { type HistogramFit, histogramFit } from "./histogramFit.ts";
import { type Clips, clipsAt, countTensor, emptyTally, type ReplayRow, rowOf, type Tally } from "./tally.ts";

/** One estimator at one site: what it answers, and how that fits; without answers it is the ranges that the run has used. */
interface Contestant {
  readonly source: RangeSource | undefined;
  readonly tally: Tally;
}

/** Lets a contestant observe a tensor; later only if its answer is late. */
const observe = (
  { source, tally }: Contestant,
  { stat, range, isStatic, step }: RangeSeen,
  fitted: HistogramFit | undefined,
  clips: Clips,
): Eventual<void> => {
  if (source === undefined) return countTensor(tally, stat, range, isStatic, fitted, clips);
  const ahead = source.ahead(step);
  if (ahead === undefined)
    return after(source.ask(stat, step), (answered) =>
      countTensor(tally, stat, answered, false, fitted, clips),
    );
  source.useAhead(stat, step);
  countTensor(tally, stat, ahead, true, fitted, clips);
};

/** One site: its contestants, and the rows that they have not seen yet. */
interface SiteStudy {
  readonly contestants: readonly Contestant[];
  /** Whether the grid of the site clips. */
  readonly clips: Clips;
  readonly rows: RangeSeen[];
}

/**
 * Rows for each estimator that are gathered before the estimators see them, one after the other. Row by row, the states of all
 * estimators at all sites would go through the cache again and again: 8 estimators at 60 sites take 0.5 s for 120,000 statistics
 * instead of 3.7. More than one estimator has use for would outlive the young generation: 8192 take one 1.3 to 1.5 times as long.
 */
const gatheredEach = 1024;

/**
 * Replays a recording into estimators.
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
  const bySite = new Map<string, SiteStudy>();
  const unrecorded = { history: () => [], patience, watch: watchedCall };
  const open = ({ site, role, estimator }: RangeSeen): readonly Contestant[] =>
    estimators.length === 0
      ? [{ source: undefined, tally: emptyTally({ site, role, estimator }) }]
      : estimators.map((named) => ({
          source: rangeSource(site, named, unrecorded),
          tally: emptyTally({ site, role, estimator: named.name }),
        }));
  const all = (): readonly Contestant[] => [...bySite.values()].flatMap(({ contestants }) => contestants);
  const gathered = gatheredEach * Math.max(1, estimators.length);
  let waiting = 0;
  /** A function of its own, because a loop that runs once is left to the interpreter for most of its rows. */
  const gather = (row: RangeSeen): void => {
    if (row.verdict !== "observed" || !keep(row.site)) return;
    let study = bySite.get(row.site);
    if (study === undefined) {
      study = { contestants: open(row), clips: clipsAt(row), rows: [] };
      bySite.set(row.site, study);
    }
    study.rows.push(row);
    waiting++;
  };
  const observeGathered = async (): Promise<void> => {
    for (const { contestants, clips, rows } of bySite.values()) {
      const judges = rows.map(histogramFit);
      const observed = each(contestants, (contestant) =>
        each(rows, (row, i) => observe(contestant, row, judges[i], clips)),
      );
      if (observed) await observed;
      rows.length = 0;
    }
    waiting = 0;
  };
  try {
    for (const row of rows) {
      gather(row);
      if (waiting === gathered) await observeGathered();
    }
    await observeGathered();
    return all().map(({ tally }) => rowOf(tally));
  } finally {
    for (const { source } of all()) source?.unsubscribe();
  }
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
