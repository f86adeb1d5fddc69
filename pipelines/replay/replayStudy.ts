/** @file Estimators on a recorded run, without training: how far off their ranges would have been, and whether the run's own replay. */
import type { RangeflowFailure } from "../../core/errors.ts";
import { isPromise } from "../../core/eventual.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { missingIn } from "../../core/notRecorded.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { gridFacts } from "../../core/siteFacts.ts";
import { defaultPatience, patienceOf } from "../../operators/module/patience.ts";
import { type RangeSource, rangeSource } from "../../operators/sites/rangeSource.ts";
import { checkRange, replayRange } from "../../operators/sites/replayRange.ts";
import { drive } from "../../operators/step/task.ts";
import { isQuantizers, type NamedEstimator, schemeFor } from "../../quantizers/quantizer.ts";
import { watchedCall } from "../foreign/watchdog.ts";
import { type FirstRanges, firstRangeIn } from "../weights/firstRanges.ts";
import { checkTolerance, defaultTolerance } from "./clips.ts";
import { isOnce } from "./histogramGaps.ts";
import { type JudgedSink, judgedAnswers } from "./judgedAnswers.ts";
import { isShown } from "./recordedSites.ts";
import { type ReplayRow, rowOf, type Tally } from "./tally.ts";

/** How a replay is judged, and who else sees it. */
export interface ReplayOptions {
  /** Steps of its grid that a tensor may reach beyond the outer levels before it counts as clipped. */
  readonly tolerance?: number;
  /** Waits for estimators that answer late. */
  readonly patience?: ReturnType<typeof patienceOf>;
  /**
   * Hears of an estimator that needs more at a site than was recorded there, and is left out at it; missing: the replay fails with the
   * first of them.
   */
  readonly unanswered?: (one: Unanswered) => void;
  /** Whether rows of a cold start, which only foreign recordings have, are shown to estimators and counted; no where missing. */
  readonly keepColdStarts?: boolean;
  /** Bits of sites of a foreign recording that does not say them, for estimators that depend on them and for what counts as clipped. */
  readonly bits?: number;
  /** Sites of a foreign recording of which no statistic was printed with a few digits, so that no bounds need be found; none where missing. */
  readonly isExact?: (site: string) => boolean;
  /** Opens a sink for every answer of an estimator at a site, whose first row is given; such as `trajectoryFile` has. */
  readonly open?: (first: RangeSeen, estimator: string) => JudgedSink;
}

/** An estimator that cannot be replayed at a site. */
export interface Unanswered {
  readonly site: string;
  readonly estimator: string;
  /** What it needs of a tensor that was not recorded, as a noun. */
  readonly needs: string;
  /** What it has failed with, which names the first step. */
  readonly failure: RangeflowFailure;
}

/** Rows that estimators are shown: all of ours, and statistics of others, with the grid that their site is taken to have. */
function* shownOnce(
  rows: Iterable<RangeSeen>,
  keepColdStarts: boolean,
  bits: number | undefined,
): Generator<RangeSeen> {
  for (const row of rows)
    if (isShown(row, keepColdStarts)) yield bits === undefined ? row : withBits(row, bits);
}

/** The same as often as `rows` can be iterated over: again by each, or once. */
const shownRows = (
  rows: Iterable<RangeSeen>,
  keepColdStarts: boolean,
  bits: number | undefined,
): Iterable<RangeSeen> => {
  const shown = (): Generator<RangeSeen> => shownOnce(rows, keepColdStarts, bits);
  return isOnce(rows) ? shown() : { [Symbol.iterator]: shown };
};

const withBits = (row: RangeSeen, bits: number): RangeSeen =>
  row.stat.facts || !row.foreign
    ? row
    : { ...row, stat: { ...row.stat, facts: gridFacts(bits, schemeFor(row.role)) } };

/**
 * Replays a recording into estimators, and counts how their ranges fit. An estimator that asks for histograms at a site where only some
 * tensors have one, so that it could not answer for the others, is shown those alone, as if the others had not been (`ReplayRow.among`).
 *
 * @param rows can be iterated over again, as those of a recording and arrays; of a generator such an estimator is left out (`unanswered`)
 * @param estimators none: the ranges that the run itself has used
 * @param keep which sites
 * @returns a row for each estimator at each site; where statistics of a foreign recording were printed with a few digits, with bounds
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
    unanswered,
    keepColdStarts = false,
    isExact,
    bits,
  } = knownOptions("replayStudy", options, {
    ...{ tolerance: true, patience: true, open: true },
    ...{ unanswered: true, keepColdStarts: true, isExact: true, bits: true },
  });
  checkTolerance("replayStudy", tolerance);
  let tallies: readonly Tally[] = [];
  const failed = (site: string, estimator: string, failure: RangeflowFailure): void => {
    const needs = missingIn(failure.cause);
    if (needs === undefined || !unanswered) throw failure;
    tallies = tallies.filter((tally) => tally.site !== site || tally.estimator !== estimator);
    unanswered({ site, estimator, needs, failure });
  };
  await judgedAnswers(shownRows(rows, keepColdStarts, bits), {
    ...{ estimators, keep, failed, patience, tolerance },
    ...(isExact && { isExact }),
    open: (first, tally) => {
      tallies = [...tallies, tally];
      return open?.(first, tally.estimator);
    },
  });
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
 * @param firstRanges first ranges that the run was given, as its identity has them
 * @throws `RangeflowFailure` that names the first site and step where they do not
 * @example not run: it reads a run
 * const named = async (name: string) => ({ name, estimator: inHindsight() });
 * const { ranges } = await verifyReplay(readRecording("runs/mine/ranges").rows(), named);
 */
export const verifyReplay = async (
  rows: Iterable<RangeSeen>,
  estimatorOf: (name: string) => Promise<NamedEstimator>,
  patience = patienceOf(defaultPatience),
  firstRanges: FirstRanges = {},
): Promise<Verified> => {
  const named = new Map<string, NamedEstimator>();
  const firstRange = firstRangeIn(firstRanges);
  const unrecorded = { history: () => [], firstRange, patience, watch: watchedCall };
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
