/** @file Estimators on a recorded run, without training: what each would have answered, and how far off it would have been. */
import { problem, RangeflowFailure } from "../core/errors.ts";
import { after, type Eventual, each } from "../core/eventual.ts";
import { observedRange, type Range, type RangeStat, width, withZero } from "../core/range.ts";
import type { RangeSeen, Role } from "../core/signal.ts";
import { type Answers, answersOf } from "../operators/answers.ts";
import type { NamedEstimator } from "../quantizers/quantizer.ts";
import { patienceOf } from "./patience.ts";

/** How the ranges of one estimator would have fitted the tensors of one site. */
export interface ReplayRow {
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  readonly steps: number;
  /** Share of the tensors whose range was there before them. */
  readonly staticShare: number;
  /** Share of the tensors that reached out of their range. */
  readonly clippedSteps: number;
  /** Mean and worst over steps of the distance of both ends from the observed ones, in widths of the tensor. */
  readonly meanError: number;
  readonly worstError: number;
}

interface Tally {
  readonly site: string;
  readonly role: Role;
  readonly estimator: string;
  readonly answers: Answers | undefined;
  steps: number;
  statics: number;
  clipped: number;
  errors: number;
  worst: number;
}

/** The range for an observed tensor, as a site gets it: from ahead, at once, or when it comes. */
const answerTo = (answers: Answers, stat: RangeStat, step: number): Eventual<Range> => {
  const ahead = answers.ahead();
  if (ahead === undefined) return answers.ask(stat, step);
  answers.useAhead(stat, step);
  return ahead;
};

const tally = (count: Tally, stat: RangeStat, range: Range, isStatic: boolean): void => {
  const observed = withZero(observedRange(stat));
  const { lo, hi } = withZero(range);
  const error = (Math.abs(lo - observed.lo) + Math.abs(hi - observed.hi)) / width(observed);
  count.steps++;
  if (isStatic) count.statics++;
  if (lo > observed.lo || hi < observed.hi) count.clipped++;
  count.errors += error;
  count.worst = Math.max(count.worst, error);
};

/** Lets the estimator of a tally observe a tensor; later only if its answer is late. */
const observe = (count: Tally, { stat, range, isStatic, step }: RangeSeen): Eventual<void> => {
  const { answers } = count;
  if (answers === undefined) return tally(count, stat, range, isStatic);
  const isAhead = answers.ahead() !== undefined;
  return after(answerTo(answers, stat, step), (answer) => tally(count, stat, answer, isAhead));
};

const rowOf = ({ site, role, estimator, steps, statics, clipped, errors, worst }: Tally): ReplayRow => ({
  site,
  role,
  estimator,
  steps,
  staticShare: statics / steps,
  clippedSteps: clipped / steps,
  meanError: errors / steps,
  worstError: worst,
});

/** Seconds to wait for an estimator that answers late, unless told otherwise. */
const patienceSeconds = 10;

/**
 * Replays a recording into estimators.
 *
 * @param estimators none: the ranges that the run itself has used
 * @param keep which sites
 * @param patience waits for estimators that answer late
 * @throws `RangeflowFailure` that names site, step and estimator where one fails, or answers no range
 */
export const replayStudy = async (
  rows: Iterable<RangeSeen>,
  estimators: readonly NamedEstimator[],
  keep: (site: string) => boolean,
  patience = patienceOf(patienceSeconds),
): Promise<readonly ReplayRow[]> => {
  const bySite = new Map<string, readonly Tally[]>();
  const open = ({ site, role, estimator }: RangeSeen): readonly Tally[] => {
    const empty = { site, role, steps: 0, statics: 0, clipped: 0, errors: 0, worst: 0 };
    return estimators.length === 0
      ? [{ ...empty, estimator, answers: undefined }]
      : estimators.map((named) => ({
          ...empty,
          estimator: named.name,
          answers: answersOf(site, named, [], patience),
        }));
  };
  const all = (): readonly Tally[] => [...bySite.values()].flat();
  /** A function of its own, because a loop that runs once is left to the interpreter for most of its rows. */
  const take = (row: RangeSeen): Eventual<void> => {
    if (row.verdict !== "observed" || !keep(row.site)) return undefined;
    let tallies = bySite.get(row.site);
    if (tallies === undefined) {
      tallies = open(row);
      bySite.set(row.site, tallies);
    }
    return each(tallies, (count) => observe(count, row));
  };
  try {
    for (const row of rows) {
      const taken = take(row);
      if (taken) await taken;
    }
    return all().map(rowOf);
  } finally {
    for (const { answers } of all()) answers?.unsubscribe();
  }
};

const sameRange = (a: Range | undefined, b: Range): boolean =>
  a !== undefined && Object.is(a.lo, b.lo) && Object.is(a.hi, b.hi);

const text = (range: Range | undefined, isStatic: boolean): string =>
  range ? `[${range.lo}, ${range.hi}] ${isStatic ? "before" : "after"} its tensor` : "no range";

/** What a verification has proved. */
export interface Verified {
  readonly sites: number;
  readonly ranges: number;
}

/**
 * Proves that a recording replays: the run's own estimators, given the recorded statistics, answer the very ranges that the
 * run has used, bit for bit, and as early.
 *
 * @throws `RangeflowFailure` that names the first site and step where they do not
 */
export const verifyReplay = async (
  rows: Iterable<RangeSeen>,
  estimatorOf: (name: string) => Promise<NamedEstimator>,
  patience = patienceOf(patienceSeconds),
): Promise<Verified> => {
  const named = new Map<string, NamedEstimator>();
  const bySite = new Map<string, Answers>();
  let ranges = 0;
  try {
    for (const { site, step, estimator, stat, verdict, range, isStatic } of rows) {
      let answers = bySite.get(site);
      if (answers === undefined) {
        const known = named.get(estimator) ?? (await estimatorOf(estimator));
        named.set(estimator, known);
        answers = answersOf(site, known, [], patience);
        bySite.set(site, answers);
      }
      const ahead = answers.ahead();
      let replayed = ahead;
      if (verdict === "observed") replayed = await answerTo(answers, stat, step);
      else if (!isStatic) continue;
      if (isStatic !== (ahead !== undefined) || !sameRange(replayed, range))
        throw new RangeflowFailure(
          problem(
            `${site}, step ${step}`,
            `${estimator} replays to ${text(replayed, ahead !== undefined)}`,
            `${text(range, isStatic)}, as recorded`,
            "name the estimator that the run used",
          ),
        );
      ranges++;
    }
    return { sites: bySite.size, ranges };
  } finally {
    for (const answers of bySite.values()) answers.unsubscribe();
  }
};
