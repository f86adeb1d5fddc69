/** @file Replay of estimators on a recorded run, without training: the range that each would have answered for every tensor. */
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
 * Receives the ranges of one estimator at one site, tensor by tensor, in order of steps.
 *
 * @param row the recorded tensor
 * @param range the estimator's range for it
 * @param isStatic whether the range was known before the tensor
 */
export type AnswerSink = (row: RangeSeen, range: Range, isStatic: boolean) => void;

/** Receives ranges for statistics that are known only within bounds: for each tensor `outer`, `inner`, then `printed`. */
export interface BoundedSink {
  /** Ranges for the widest possible tensors. */
  readonly outer: AnswerSink;
  /** Ranges for the narrowest possible tensors. */
  readonly inner: AnswerSink;
  /** Ranges for the tensors as they were printed. */
  readonly printed: AnswerSink;
}

/** An estimator at a site. It may be replayed several times, on different statistics. */
interface Entry {
  /** Handles a failure. Throws if the replay ends with it. */
  readonly fail: (error: unknown) => void;
  /** Whether it has failed. It is then no longer replayed. */
  hasFailed: boolean;
}

/** One replay of an estimator at one site. Without a source, it yields the ranges that the run used. */
interface Contestant {
  readonly entry: Entry;
  readonly source: RangeSource | undefined;
  /** The statistic that it is shown of a row. */
  readonly statOf: (row: RangeSeen) => RangeStat;
  /** Selects the rows that it is shown; all if undefined. */
  readonly sees: ((row: RangeSeen) => boolean) | undefined;
  readonly sink: AnswerSink;
}

/** Lets a contestant observe a tensor. Returns a promise only if its range is late. */
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
 * Number of rows gathered per estimator before the estimators observe them, one after the other. Row by row, the states of all estimators
 * at all sites would pass through the cache again and again: 8 estimators at 60 sites take 0.5 s for 120,000 statistics instead of 3.7.
 * Larger numbers outlive the young generation: with 8192, one estimator takes 1.3 to 1.5 times as long.
 */
const gatheredEach = 1024;

/** Options of a replay. */
export interface Replay {
  /** Estimators. If empty, the ranges that the run itself used. */
  readonly estimators: readonly NamedEstimator[];
  /** Selects sites. */
  readonly keep: (site: string) => boolean;
  /** Called once for each estimator at each site, with the site's first row. The returned sink receives the ranges. */
  readonly open: (first: RangeSeen, estimator: string) => AnswerSink | BoundedSink;
  /** Selects the rows that an estimator is shown at a site, given its first row; undefined means all. Default: all rows. */
  readonly sees?: (first: RangeSeen, estimator: string) => ((row: RangeSeen) => boolean) | undefined;
  /** Called when an estimator fails at a site; it is then left out there. Default: the replay fails. */
  readonly failed?: (site: string, estimator: string, failure: RangeflowFailure) => void;
  /** Waits for estimators that answer late. Default: 10 seconds per answer. */
  readonly patience?: ReturnType<typeof patienceOf>;
}

/**
 * Replays a recording into estimators. Only observed tensors are replayed.
 *
 * @throws `RangeflowFailure` that names site, step and estimator if one fails or returns no range, unless `failed` is given
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
  /** In a function of its own, because V8 would interpret most iterations of a loop that runs only once. */
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
