/** @file Replay studies: how well the ranges of estimators would have fitted a recorded run, and whether the run's own ranges replay. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { isPromise } from "../../core/eventual.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { missingIn } from "../../core/notRecorded.ts";
import { type Rounding, roundings } from "../../core/quantizationError.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { defaultPatience, patienceOf } from "../../operators/module/patience.ts";
import { type RangeSource, rangeSource } from "../../operators/sites/rangeSource.ts";
import { checkRange, replayRange } from "../../operators/sites/replayRange.ts";
import { drive } from "../../operators/step/task.ts";
import { isQuantizers, type NamedEstimator, type NamedQuantizer } from "../../quantizers/quantizer.ts";
import { watchedCall } from "../foreign/watchdog.ts";
import { type FirstRanges, firstRangeIn } from "../weights/firstRanges.ts";
import { checkTolerance, defaultTolerance } from "./clips.ts";
import { isOnce } from "./histogramGaps.ts";
import { type JudgedSink, judgedAnswers } from "./judgedAnswers.ts";
import { checkLevels, onOtherLevels } from "./otherLevels.ts";
import { isShown } from "./recordedSites.ts";
import { type ReplayRow, rowOf, type Tally } from "./tally.ts";

/** Options of `replayStudy`. */
export interface ReplayOptions {
  /** Number of grid steps that a tensor may exceed the outer levels by before it counts as clipped. Default: 0.5. */
  readonly tolerance?: number;
  /**
   * How signal-to-noise ratios of histograms round: to nearest, or stochastically, as gradients are by default; they are then those of the
   * mean over the noise. Default: to nearest.
   */
  readonly rounding?: Rounding;
  /** Waits for estimators that answer late. Default: 10 seconds per answer. */
  readonly patience?: ReturnType<typeof patienceOf>;
  /**
   * Called for an estimator that needs more than was recorded at a site; it is left out there. Default: the replay fails with the first
   * one.
   */
  readonly unanswered?: (one: Unanswered) => void;
  /** Include rows of a cold start, which only imported recordings have. Default: false. */
  readonly keepColdStarts?: boolean;
  /**
   * Bit width of all sites, in place of the recorded ones. Default: those recorded; where none is, as in imported recordings, clipping
   * assumes 8 bits, and estimators that use the bit width cannot be replayed.
   */
  readonly bits?: number;
  /**
   * Quantizer whose levels replace those of all sites: what the same tensors and ranges would give on them. Default: those of each site.
   */
  readonly quantizer?: NamedQuantizer;
  /**
   * Whether all statistics of a site in an imported recording are exact, and none was printed with a few digits, so that no bounds are
   * needed. Default: none is.
   */
  readonly isExact?: (site: string) => boolean;
  /**
   * Called once for each estimator at each site, with the site's first row. The returned sink receives every range; see `trajectoryFile`.
   */
  readonly open?: (first: RangeSeen, estimator: string) => JudgedSink;
}

/** An estimator that cannot be replayed at a site. */
export interface Unanswered {
  readonly site: string;
  readonly estimator: string;
  /** What it needs and was not recorded, as a noun. */
  readonly needs: string;
  /** Its failure, which names the first step. */
  readonly failure: RangeflowFailure;
}

/** Rows that estimators are shown, on the levels of a replay: all rows of a Rangeflow recording, statistics of an imported one. */
function* shownOnce(
  rows: Iterable<RangeSeen>,
  { keepColdStarts = false, ...levels }: ReplayOptions,
  keep: (site: string) => boolean,
): Generator<RangeSeen> {
  const onLevels = onOtherLevels(levels);
  for (const row of rows) if (keep(row.site) && isShown(row, keepColdStarts)) yield onLevels(row);
}

/** The same, as often as `rows` can be iterated. */
const shownRows = (
  ...how: readonly [rows: Iterable<RangeSeen>, options: ReplayOptions, keep: (site: string) => boolean]
): Iterable<RangeSeen> => {
  const shown = (): Generator<RangeSeen> => shownOnce(...how);
  return isOnce(how[0]) ? shown() : { [Symbol.iterator]: shown };
};

/**
 * Replays a recording into estimators and counts how well their ranges fit. At sites where only some tensors have a histogram, an
 * estimator that needs histograms is shown only those (`ReplayRow.among`).
 *
 * @param rows rows of a recording or an array; if they can be read only once, as from a generator, such an estimator is left out
 *   (`unanswered`)
 * @param estimators estimators to replay; if empty, the ranges that the run itself used
 * @param keep selects sites
 * @returns a row for each estimator at each site; with bounds if statistics of an imported recording were printed with a few digits
 * @throws `RangeflowFailure` that names site, step and estimator if one fails or returns no range, and for an invalid tolerance
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
    rounding,
    open,
    unanswered,
    isExact,
  } = knownOptions("replayStudy", options, {
    ...{ tolerance: true, rounding: true, patience: true, open: true },
    ...{ unanswered: true, keepColdStarts: true, isExact: true, bits: true, quantizer: true },
  });
  checkTolerance("replayStudy", tolerance);
  if (rounding !== undefined && !roundings.includes(rounding))
    throw new RangeflowFailure(
      problem("replayStudy", `rounding ${valueText(rounding)}`, roundings.join(" or ")),
    );
  checkLevels("replayStudy", options);
  let tallies: readonly Tally[] = [];
  const failed = (site: string, estimator: string, failure: RangeflowFailure): void => {
    const needs = missingIn(failure.cause);
    if (needs === undefined || !unanswered) throw failure;
    tallies = tallies.filter((tally) => tally.site !== site || tally.estimator !== estimator);
    unanswered({ site, estimator, needs, failure });
  };
  await judgedAnswers(shownRows(rows, options, keep), {
    ...{ estimators, keep, failed, patience, tolerance },
    ...(isExact && { isExact }),
    ...(rounding && { rounding }),
    open: (first, tally) => {
      tallies = [...tallies, tally];
      return open?.(first, tally.estimator);
    },
  });
  return tallies.map(rowOf);
};

/** Result of a verification. */
export interface Verified {
  /** Number of sites whose ranges were compared. */
  readonly sites: number;
  /** Number of ranges that were compared. */
  readonly ranges: number;
  /** Number of sites whose quantizer supplies the range itself, for example a learned one; no estimator is involved. */
  readonly unasked: number;
}

/**
 * Verifies that a recording replays: given the recorded statistics, the run's own estimators return exactly the ranges that the run used,
 * bit for bit and at the same time. Sites whose quantizers supply their own ranges are only counted.
 *
 * @param firstRanges initial ranges of the run, from its identity
 * @throws `RangeflowFailure` that names the first site and step that differ
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
