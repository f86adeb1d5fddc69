/** @file Estimators on a recorded run, without training: what each would have answered for every tensor. */
import { RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual, each, isPromise } from "../../core/eventual.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { defaultPatience, patienceOf } from "../../operators/module/patience.ts";
import { type RangeSource, rangeSource } from "../../operators/sites/rangeSource.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { watchedCall } from "../foreign/watchdog.ts";
import { innerStat, outerStat } from "./statBounds.ts";

/**
 * Takes what one estimator answers at one site, tensor by tensor, in order of steps.
 *
 * @param row the tensor as it was recorded
 * @param range that the estimator answers for it
 * @param isStatic whether the range was there before the tensor
 */
export type AnswerSink = (row: RangeSeen, range: Range, isStatic: boolean) => void;

/** Takes what an estimator answers where statistics are known within bounds only: for each tensor outer, inner, and then the printed one. */
export interface BoundedSink {
  /** Answers to the widest tensor that each statistic may be of. */
  readonly outer: AnswerSink;
  /** Answers to the narrowest. */
  readonly inner: AnswerSink;
  readonly printed: AnswerSink;
}

/** An estimator at a site, which may take part several times, shown other statistics. */
interface Entry {
  /** Takes what an answer fails with; throws where the replay ends with it. */
  readonly fail: (error: unknown) => void;
  /** Whether it has failed, so that it is asked no more. */
  hasFailed: boolean;
}

/** One estimator at one site; without a source it is the ranges that the run has used. */
interface Contestant {
  readonly entry: Entry;
  readonly source: RangeSource | undefined;
  /** What it is shown of a row. */
  readonly statOf: (row: RangeSeen) => RangeStat;
  /** Which rows it is shown; all where undefined. */
  readonly sees: ((row: RangeSeen) => boolean) | undefined;
  readonly sink: AnswerSink;
}

/** Lets a contestant observe a tensor; later only if its answer is late. */
const observe = ({ source, statOf, sink }: Contestant, row: RangeSeen): Eventual<void> => {
  if (source === undefined) return sink(row, row.range, row.isStatic);
  const { step } = row;
  const stat = statOf(row);
  const ahead = source.ahead(step);
  if (ahead === undefined) return after(source.ask(stat, step), (answered) => sink(row, answered, false));
  source.useAhead(stat, step);
  sink(row, ahead, true);
};

/** Lets a contestant observe tensors one after the other, until it fails. */
const observeAll = (contestant: Contestant, rows: readonly RangeSeen[]): Eventual<void> => {
  const { entry, sees } = contestant;
  if (entry.hasFailed) return;
  const failed = (error: unknown): void => {
    entry.hasFailed = true;
    entry.fail(error);
  };
  try {
    const observed = each(sees ? rows.filter(sees) : rows, (row) => observe(contestant, row));
    return isPromise(observed) ? observed.then(undefined, failed) : undefined;
  } catch (error) {
    failed(error);
  }
};

const recordedStat = ({ stat }: RangeSeen): RangeStat => stat;

/** One site: its contestants, and the rows that they have not seen yet. */
interface ReplayedSite {
  readonly contestants: readonly Contestant[];
  readonly rows: RangeSeen[];
}

/**
 * Rows for each estimator that are gathered before the estimators see them, one after the other. Row by row, the states of all
 * estimators at all sites would go through the cache again and again: 8 estimators at 60 sites take 0.5 s for 120,000 statistics
 * instead of 3.7. More than one estimator has use for would outlive the young generation: 8192 take one 1.3 to 1.5 times as long.
 */
const gatheredEach = 1024;

/** What a replay is asked. */
export interface Replay {
  /** None: the ranges that the run itself has used. */
  readonly estimators: readonly NamedEstimator[];
  /** Which sites. */
  readonly keep: (site: string) => boolean;
  /** Opens the sink for an estimator at a site, whose first row is given. */
  readonly open: (first: RangeSeen, estimator: string) => AnswerSink | BoundedSink;
  /** Which rows of a site, whose first is given, an estimator is shown, the others being passed over; all where missing or undefined. */
  readonly sees?: (first: RangeSeen, estimator: string) => ((row: RangeSeen) => boolean) | undefined;
  /** Hears of an estimator that fails at a site, which is left out there from then on; missing: the replay fails with it. */
  readonly failed?: (site: string, estimator: string, failure: RangeflowFailure) => void;
  /** Waits for estimators that answer late. */
  readonly patience?: ReturnType<typeof patienceOf>;
}

/**
 * Replays a recording into estimators; only tensors that were observed are asked for.
 *
 * @throws `RangeflowFailure` that names site, step and estimator where one fails, or answers no range, and nobody hears of it
 * @example not run: it reads a run
 * const estimators = [{ name: "inHindsight", estimator: inHindsight() }];
 * const open = ({ site }: RangeSeen) => ({ step }: RangeSeen, { lo, hi }: Range) => console.log(site, step, lo, hi);
 * await replayAnswers(readRecording("runs/mine/ranges").rows(), { estimators, keep: () => true, open });
 */
export const replayAnswers = async (
  rows: Iterable<RangeSeen>,
  { estimators, keep, open, sees, failed, patience = patienceOf(defaultPatience) }: Replay,
): Promise<void> => {
  const bySite = new Map<string, ReplayedSite>();
  const unrecorded = { history: () => [], patience, watch: watchedCall };
  const entered = (
    first: RangeSeen,
    name: string,
    source: () => RangeSource | undefined,
  ): readonly Contestant[] => {
    const entry: Entry = {
      fail: (error) => {
        if (!failed || !(error instanceof RangeflowFailure)) throw error;
        failed(first.site, name, error);
      },
      hasFailed: false,
    };
    const contestant = (statOf: Contestant["statOf"], sink: AnswerSink): Contestant => ({
      ...{ entry, statOf, sink, source: source(), sees: sees?.(first, name) },
    });
    const opened = open(first, name);
    if (typeof opened === "function") return [contestant(recordedStat, opened)];
    const { outer, inner, printed } = opened;
    return [contestant(outerStat, outer), contestant(innerStat, inner), contestant(recordedStat, printed)];
  };
  const contestantsAt = (first: RangeSeen): readonly Contestant[] =>
    estimators.length === 0
      ? entered(first, first.estimator, () => undefined)
      : estimators.flatMap((named) =>
          entered(first, named.name, () => rangeSource(first.site, named, unrecorded)),
        );
  const gathered = gatheredEach * Math.max(1, estimators.length);
  let waiting = 0;
  /** A function of its own, because a loop that runs once is left to the interpreter for most of its rows. */
  const gather = (row: RangeSeen): void => {
    if (row.verdict !== "observed" || !keep(row.site)) return;
    let site = bySite.get(row.site);
    if (site === undefined) {
      site = { contestants: contestantsAt(row), rows: [] };
      bySite.set(row.site, site);
    }
    site.rows.push(row);
    waiting++;
  };
  const observeGathered = async (): Promise<void> => {
    for (const { contestants, rows } of bySite.values()) {
      const observed = each(contestants, (contestant) => observeAll(contestant, rows));
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
  } finally {
    for (const { contestants } of bySite.values())
      for (const { source } of contestants) source?.unsubscribe();
  }
};
