/** @file A study: a grid of training runs over seeds, in parallel processes. No finished run is repeated. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  finalize,
  from,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  share,
  tap,
} from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { freed } from "../files/lock.ts";
import { ownDirectory } from "../files/ownDirectory.ts";
import { type DoneRecord, doneRecordsBelow } from "../runs/doneRecord.ts";
import type { TrainEvent } from "../runs/events.ts";
import { short } from "../runs/identity.ts";
import { resourceNames, saidResources } from "../runs/resources.ts";
import { canResume } from "../runs/runDirectory.ts";
import { stepShare } from "../runs/stepShare.ts";
import type { CompareEvent, RunEvent } from "./events.ts";
import { canBeSent, oneRun } from "./oneRun.ts";
import { type Plan, type PlannedRun, type PlanOptions, planOf } from "./plan.ts";
import { endedBefore, resultsOf } from "./results.ts";
import type { Experiments } from "./rivals.ts";
import { studyEvent } from "./studyEvent.ts";
import { studyFileOf, writeStudyFile } from "./studyFile.ts";
import { studyProgress } from "./studyProgress.ts";
import { threadShare } from "./threadShare.ts";
import { workersIn } from "./workers.ts";

/** Options of `compare`. */
export interface CompareOptions extends PlanOptions {
  /** Its first value stops all runs at their next batch. The same call resumes them later. Default: never. */
  readonly stop$?: Observable<unknown>;
}

const optionNames: OptionNames<CompareOptions> = {
  ...resourceNames,
  cells: true,
  against: true,
  within: true,
  margin: true,
  seeds: true,
  out: true,
  jobs: true,
  onlyFinished: true,
  stop$: true,
};

const doneShare = (event: TrainEvent, { epochs }: PlannedRun): number | undefined =>
  event.event === "epoch" ? event.epoch / epochs : stepShare(event);

/** Directory of a study and working directory, kept in case a user module changes the latter. */
interface Place {
  readonly cwd: string;
  /** Directory of the study, as it was given. */
  readonly named: string;
}

/** Runs what is left of a plan. The directory must belong to this process. */
const running = (plan: Plan, options: CompareOptions, { cwd, named }: Place) => {
  const { out, jobs: wanted = "auto", stop$ } = options;
  const stopping$ = (stop$ ?? NEVER).pipe(share());
  const left = plan.runs.filter(({ record }) => record === undefined);
  const sent = left.filter(({ source }) => canBeSent(source));
  const kept = left.filter(({ source }) => !canBeSent(source));
  const lanes = kept.length === 0 ? Number.POSITIVE_INFINITY : sent.length + 1;
  const sharing = threadShare(availableParallelism(), wanted, left, lanes);
  const workers = workersIn(cwd);
  const progress = studyProgress(plan, out);
  /** Share of steps done in each active run. */
  const shares = new Map<PlannedRun, number>();
  let isStopped = false;

  const told = (): CompareEvent => progress.event([...shares.values()]);
  const ended = (run: PlannedRun, how: RunEvent): readonly CompareEvent[] => {
    shares.delete(run);
    return [how, told()];
  };

  const trained = (run: PlannedRun): Observable<CompareEvent> => {
    if (isStopped) return EMPTY;
    const { threads, giveBack } = sharing.take(run);
    shares.set(run, 0);
    const leave = (): void => {
      shares.delete(run);
      giveBack();
    };
    const begin = (): Observable<TrainEvent> => {
      progress.begun(run);
      const { runId, dir } = run;
      const how = { ...saidResources(options), threads, runId, out: dir, resume: canResume(dir) };
      return oneRun(run.source, how, workers, stopping$);
    };
    return from(freed(run.dir)).pipe(
      concatMap(() => (isStopped ? EMPTY : begin())),
      tap({ complete: leave, error: leave }),
      mergeMap((event): readonly CompareEvent[] => {
        if (event.event === "done") return ended(run, progress.done(run, event));
        const share = doneShare(event, run);
        if (share === undefined) return [];
        shares.set(run, share);
        return [told()];
      }),
      // Ctrl-C reaches all processes of a terminal and may end a worker that is still loading. That is no failure.
      catchError((error: Error) => (isStopped ? EMPTY : ended(run, progress.failed(run, error.message)))),
    );
  };

  const stopped = stopping$.subscribe(() => {
    isStopped = true;
  });
  const study = studyEvent(plan, { out: named, finished: progress.ended().length, jobs: sharing.jobs });
  const side = (runs: readonly PlannedRun[], jobs: number): Observable<CompareEvent> =>
    from(runs).pipe(mergeMap((run) => defer(() => trained(run)), jobs));
  // Runs that cannot be sent to another process run in this one, one after the other.
  const trained$ =
    kept.length === 0 || sharing.jobs === 1
      ? side(left, sharing.jobs)
      : merge(side(sent, sharing.jobs - 1), side(kept, 1));
  const begun = (): Observable<CompareEvent> => {
    if (!isStopped) writeStudyFile(out, studyFileOf(plan, options));
    return of(study, ...progress.ended());
  };
  return concat(
    defer(begun),
    trained$.pipe(finalize(workers.close)),
    defer(() => resultsOf(plan, progress.ended(), named)),
  ).pipe(finalize(() => stopped.unsubscribe()));
};

/** Text about finished runs in a directory that has none of this study; empty if there are no runs. */
const otherRunsText = ({ runs: [run] }: Plan, records: readonly DoneRecord[]): string => {
  const [record] = records;
  if (record === undefined || run === undefined) return "";
  const [theirs, ours] = [record, run].map(({ identity }) => short(identity.data.sha256));
  const data = theirs === ours ? "" : `, such as one on data ${theirs} where this study has ${ours}`;
  return `, but ${records.length} of other settings or data${data}`;
};

/**
 * Reports the finished runs and writes nothing, so that other processes may train the rest meanwhile.
 *
 * @throws `RangeflowFailure` if no run has finished
 */
const finishedOnly = (plan: Plan, out: string): Observable<CompareEvent> => {
  const ended = endedBefore(plan);
  if (ended.length === 0)
    throw new RangeflowFailure(
      problem(
        "compare, onlyFinished",
        `no finished run of this study in ${out}${otherRunsText(plan, [...doneRecordsBelow(out).values()])}`,
        "the directory of its runs",
      ),
    );
  return of(
    studyEvent(plan, { out, finished: ended.length, jobs: 0 }),
    ...ended,
    ...resultsOf(plan, ended, out),
  );
};

/**
 * Runs experiments with every cell's changes and every seed, and summarizes them. Emits `study`, then `run` and `progress` events, and at
 * the end a `cell` for each cell, a `pool` for each group of cells that is summarized together, and `compared`.
 *
 * Experiments may be made in code, exported by a file, or built in. Each run has a directory of its own. Experiments that are built in or
 * from files run in parallel processes. Those made in code cannot be sent to another process and run in this one, one after the other,
 * with the same bits.
 *
 * All cells are checked before the first run starts. A finished run is never repeated: its directory is named after its settings and
 * holds its result. A run that was stopped or killed is resumed, with the same bits. So the same call completes an interrupted study, and
 * cells or experiments may be added to a finished one. A run that fails is reported, and the others continue. Unsubscribing kills the
 * processes; they also end when this one does, however it ends.
 *
 * @param experiments experiments by the names that tables show if there are several
 * @param given seeds and directory, and optionally cells, comparisons, resources and `stop$`
 * @returns events. Errors with `RangeflowFailure` for any user error
 * @example not run: it trains nine times
 * compare(
 *   { glyphs: builtIn({ data: "glyphs", epochs: 2 }) },
 *   { cells: [{ bits: "32/32/32" }, ...combinations({ bits: ["8/8/8", "4/4/4"] })], seeds: [1, 2, 3], out: "runs/bits" },
 * ).subscribe(console.log);
 * @example not run: it needs files
 * compare(
 *   { mine: experimentFile("./mine.ts", { width: 0.5 }), theirs: experimentFile("./theirs.ts") },
 *   { seeds: [1, 2, 3], out: "runs/rivals" },
 * ).subscribe(console.log);
 */
export const compare = (experiments: Experiments, given: CompareOptions): Observable<CompareEvent> =>
  new Observable((subscriber) => {
    knownOptions("compare", given, optionNames);
    checkDirectory("compare, out", given.out);
    const place = { cwd: process.cwd(), named: given.out };
    const options = { ...given, out: resolve(given.out) };
    const opened = async (): Promise<void> => {
      const plan = await planOf(experiments, options);
      if (options.onlyFinished) return void finishedOnly(plan, given.out).subscribe(subscriber);
      const { release, leave } = await ownDirectory(options.out);
      if (subscriber.closed) return leave();
      defer(() => running(plan, options, place))
        .pipe(finalize(release))
        .subscribe(subscriber);
    };
    opened().catch((error: unknown) => subscriber.error(error));
  });
