/** @file Estimators on a recorded run, without training: what each would have answered, and how far off it would have been. */
import { after, type Eventual, each, isPromise } from "../../core/eventual.ts";
import { observedRange, type Range, type RangeStat, width, withZero } from "../../core/range.ts";
import type { RangeSeen, Role } from "../../core/signal.ts";
import { patienceOf, usualPatience } from "../../operators/module/patience.ts";
import { answerAgain, checkAnswer } from "../../operators/sites/answerAgain.ts";
import { type Answers, answersOf } from "../../operators/sites/answers.ts";
import { isQuantizers, type NamedEstimator } from "../../quantizers/quantizer.ts";
import { histogramFit, type Judge } from "./histogramFit.ts";

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
  /** Mean over the steps with histograms, in dB, rounded to nearest on the levels of the site; absent where there were none. */
  readonly sqnr?: number;
  /** Share of the elements of these steps that lay beyond their range. */
  readonly clippedShare?: number;
  /** Why histograms were recorded that cannot tell both. */
  readonly unfit?: string;
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
  /** Of the steps with histograms. */
  fits: number;
  decibels: number;
  beyond: number;
  unfit: string | undefined;
}

/** The tensor of a row, as a recorded histogram knows it. */
type Judged = Judge | undefined;

const tally = (count: Tally, stat: RangeStat, range: Range, isStatic: boolean, judged: Judged): void => {
  const observed = withZero(observedRange(stat));
  const { lo, hi } = withZero(range);
  const error = (Math.abs(lo - observed.lo) + Math.abs(hi - observed.hi)) / width(observed);
  count.steps++;
  if (isStatic) count.statics++;
  if (lo > observed.lo || hi < observed.hi) count.clipped++;
  count.errors += error;
  count.worst = Math.max(count.worst, error);
  if (judged === undefined) return;
  if ("unfit" in judged) {
    count.unfit = judged.unfit;
    return;
  }
  const { sqnr, clipped } = judged.fit(range);
  count.fits++;
  count.decibels += sqnr;
  count.beyond += clipped;
};

/** Lets the estimator of a tally observe a tensor; later only if its answer is late. */
const observe = (
  count: Tally,
  { stat, range, isStatic, step }: RangeSeen,
  judged: Judged,
): Eventual<void> => {
  const { answers } = count;
  if (answers === undefined) return tally(count, stat, range, isStatic, judged);
  const ahead = answers.ahead(step);
  if (ahead === undefined)
    return after(answers.ask(stat, step), (answer) => tally(count, stat, answer, false, judged));
  answers.useAhead(stat, step);
  tally(count, stat, ahead, true, judged);
};

/** One site: how its estimators do, and the rows that they have not seen yet. */
interface SiteStudy {
  readonly tallies: readonly Tally[];
  readonly rows: RangeSeen[];
}

/**
 * Rows for each estimator that are gathered before the estimators see them, one after the other. Row by row, the states of all
 * estimators at all sites would go through the cache again and again: 8 estimators at 60 sites take 0.5 s for 120,000 statistics
 * instead of 3.7. More than one estimator has use for would outlive the young generation: 8192 take one 1.3 to 1.5 times as long.
 */
const gatheredEach = 1024;

const rowOf = (count: Tally): ReplayRow => {
  const { site, role, estimator, steps, statics, clipped, errors, worst, fits, decibels, beyond, unfit } =
    count;
  return {
    site,
    role,
    estimator,
    steps,
    staticShare: statics / steps,
    clippedSteps: clipped / steps,
    meanError: errors / steps,
    worstError: worst,
    ...(fits > 0 && { sqnr: decibels / fits, clippedShare: beyond / fits }),
    ...(unfit !== undefined && { unfit }),
  };
};

/** How one estimator would have done at all sites of one role. */
export type RoleRow = Omit<ReplayRow, "site" | "unfit"> & { readonly sites: number };

/** The rows of a study put together by role and estimator: means over sites, and the worst of them. */
export const byRole = (rows: readonly ReplayRow[]): readonly RoleRow[] => {
  const groups = new Map<string, ReplayRow[]>();
  for (const row of rows) {
    const key = `${row.role} ${row.estimator}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const { role, estimator } = group[0] as ReplayRow;
    const meanOf = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const mean = (field: "staticShare" | "clippedSteps" | "meanError"): number =>
      meanOf(group.map((row) => row[field]));
    const fitted = group.flatMap(({ sqnr, clippedShare }) =>
      sqnr === undefined || clippedShare === undefined ? [] : [{ sqnr, clippedShare }],
    );
    return {
      role,
      estimator,
      sites: group.length,
      steps: group.reduce((sum, { steps }) => sum + steps, 0),
      staticShare: mean("staticShare"),
      clippedSteps: mean("clippedSteps"),
      meanError: mean("meanError"),
      worstError: Math.max(...group.map(({ worstError }) => worstError)),
      ...(fitted.length > 0 && {
        sqnr: meanOf(fitted.map(({ sqnr }) => sqnr)),
        clippedShare: meanOf(fitted.map(({ clippedShare }) => clippedShare)),
      }),
    };
  });
};

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
  patience = patienceOf(usualPatience),
): Promise<readonly ReplayRow[]> => {
  const bySite = new Map<string, SiteStudy>();
  const open = ({ site, role, estimator }: RangeSeen): readonly Tally[] => {
    const empty = {
      site,
      role,
      steps: 0,
      statics: 0,
      clipped: 0,
      errors: 0,
      worst: 0,
      fits: 0,
      decibels: 0,
      beyond: 0,
      unfit: undefined,
    };
    return estimators.length === 0
      ? [{ ...empty, estimator, answers: undefined }]
      : estimators.map((named) => ({
          ...empty,
          estimator: named.name,
          answers: answersOf(site, named, [], patience),
        }));
  };
  const all = (): readonly Tally[] => [...bySite.values()].flatMap(({ tallies }) => tallies);
  const gathered = gatheredEach * Math.max(1, estimators.length);
  let waiting = 0;
  /** A function of its own, because a loop that runs once is left to the interpreter for most of its rows. */
  const gather = (row: RangeSeen): void => {
    if (row.verdict !== "observed" || !keep(row.site)) return;
    let study = bySite.get(row.site);
    if (study === undefined) {
      study = { tallies: open(row), rows: [] };
      bySite.set(row.site, study);
    }
    study.rows.push(row);
    waiting++;
  };
  const observeGathered = async (): Promise<void> => {
    for (const { tallies, rows } of bySite.values()) {
      const judged = rows.map(histogramFit);
      const observed = each(tallies, (count) => each(rows, (row, i) => observe(count, row, judged[i])));
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
    return all().map(rowOf);
  } finally {
    for (const { answers } of all()) answers?.unsubscribe();
  }
};

/** What a verification has proved. */
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
 */
export const verifyReplay = async (
  rows: Iterable<RangeSeen>,
  estimatorOf: (name: string) => Promise<NamedEstimator>,
  patience = patienceOf(usualPatience),
): Promise<Verified> => {
  const named = new Map<string, NamedEstimator>();
  const bySite = new Map<string, Answers>();
  const unasked = new Set<string>();
  let ranges = 0;
  try {
    for (const row of rows) {
      const { site, estimator, verdict, isStatic } = row;
      if (isQuantizers(estimator)) {
        unasked.add(site);
        continue;
      }
      let answers = bySite.get(site);
      if (answers === undefined) {
        const known = named.get(estimator) ?? (await estimatorOf(estimator));
        named.set(estimator, known);
        answers = answersOf(site, known, [], patience);
        bySite.set(site, answers);
      }
      if (verdict === "observed") {
        const answered = answerAgain(answers, estimator, row);
        if (isPromise(answered)) await answered;
      } else if (isStatic) {
        const ahead = answers.ahead(row.step);
        checkAnswer(estimator, row, ahead, ahead !== undefined);
      } else continue;
      ranges++;
    }
    return { sites: bySite.size, ranges, unasked: unasked.size };
  } finally {
    for (const answers of bySite.values()) answers.unsubscribe();
  }
};
