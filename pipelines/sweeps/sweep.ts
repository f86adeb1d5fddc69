/** @file A study whose runs go through a queue: planned, offered to machines, and followed until it ends. */
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NEVER, Observable } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { isBuiltIn } from "../experiments/source.ts";
import { ownDirectory } from "../files/ownDirectory.ts";
import { doneRecordIn } from "../runs/doneRecord.ts";
import { saidResources } from "../runs/resources.ts";
import { openStore } from "../stores/openStore.ts";
import type { Store } from "../stores/store.ts";
import type { CompareOptions } from "../studies/compare.ts";
import type { CompareEvent, RunEvent } from "../studies/events.ts";
import { canBeSent } from "../studies/oneRun.ts";
import { type Plan, type PlannedRun, planOf } from "../studies/plan.ts";
import { reportIn } from "../studies/report.ts";
import { endedBefore, resultsOf, whichRun } from "../studies/results.ts";
import type { Experiments } from "../studies/rivals.ts";
import { carry } from "./carriedFiles.ts";
import { type JobDocument, jobIdOf, jobOf, writeJob } from "./jobDocument.ts";
import { connected, masked } from "./redis.ts";
import { failuresOf, isCancelled, namedStudy, queued, studyState, uncancel } from "./study.ts";
import { type SweepQueue, sweepQueue } from "./sweepQueue.ts";

export interface SweepOptions extends Omit<CompareOptions, "jobs" | "onlyFinished"> {
  /** Address of Redis or Valkey: `redis://HOST`. */
  readonly queue: string;
}

/** A machine has given runs of the study back. */
export interface MachineEvent {
  readonly event: "machine";
  readonly machine: string;
  readonly refuses: string;
}

/** The queue went away, or is back. */
export interface TroubleEvent {
  readonly event: "trouble";
  readonly message: string;
}

export type SweepEvent = CompareEvent | MachineEvent | TroubleEvent;

/** Milliseconds between looks at the store, and between those at the queue for what it has lost. */
const looksEvery = 1000;
const reconcilesEvery = 10_000;

/** Built-in experiments with the directory of their data by its whole path, since workers have other working directories. */
const portable = (source: JobDocument["source"]): JobDocument["source"] => {
  if (!isBuiltIn(source) || !source.wanted.dataDir) return source;
  return { ...source, wanted: { ...source.wanted, dataDir: resolve(source.wanted.dataDir) } };
};

/**
 * Writes the jobs of a plan into its store.
 *
 * @returns rejects with `RangeflowFailure` for experiments that cannot be sent
 */
export const writeJobs = async (
  store: Store,
  runs: readonly PlannedRun[],
  options: Pick<SweepOptions, "engine" | "threads" | "checkpointSeconds" | "patience">,
): Promise<void> => {
  const written = new Set(await store.documents.list("files"));
  for (const { source, identity, threads, ...run } of runs) {
    if (!canBeSent(source))
      throw new RangeflowFailure(
        problem(
          "--queue",
          "an experiment that was made in code",
          "built-in experiments, or those of files, which other machines can be sent",
          "export it from a file: experimentFile(FILE)",
        ),
      );
    const carried = await carry(store.documents, identity.files, written);
    await writeJob(
      store.documents,
      jobOf({ ...run, source: portable(source) }, { ...saidResources(options), threads }, carried),
    );
  }
};

/** Follows a study that was planned, until all of its runs have ended or it is cancelled. */
const followed = async (
  { store, plan, study, queue }: { store: Store; plan: Plan; study: string; queue: SweepQueue },
  next: (event: SweepEvent) => void,
  isStopped: () => boolean,
): Promise<readonly RunEvent[]> => {
  const report = reportIn(store.dir);
  const ended: RunEvent[] = [...endedBefore(plan)];
  const waiting = new Map(
    plan.runs.filter(({ record }) => record === undefined).map((run) => [jobIdOf(run), run]),
  );
  const names = new Map([...waiting].map(([job, { name }]) => [job, name]));
  const told = new Map<string, string>();
  const end = (job: string, run: PlannedRun, how: RunEvent): void => {
    waiting.delete(job);
    ended.push(how);
    report.add(how, run.identity);
    next(how);
  };
  let reconciled = performance.now();

  const look = async (): Promise<void> => {
    const state = await studyState(store, names);
    for (const job of state.done) {
      const run = waiting.get(job);
      if (run === undefined) continue;
      await store.fetch(run.name, "record");
      const record = doneRecordIn(run.dir);
      if (record === undefined) continue;
      const done = { ...record.done, out: run.dir };
      end(job, run, { ...whichRun(run, plan), status: "done", before: false, done });
    }
    for (const [job, message] of await failuresOf(
      store,
      state.failed.filter((job) => waiting.has(job)),
    )) {
      const run = waiting.get(job) as PlannedRun;
      end(job, run, { ...whichRun(run, plan), status: "failed", message });
    }
  };

  const lookAtQueue = async (): Promise<void> => {
    const active = (await queue.active(study)).filter(({ job }) => waiting.has(job));
    for (const { machine, why } of await queue.refusals(study)) {
      if (told.get(machine) === why) continue;
      told.set(machine, why);
      next({ event: "machine", machine, refuses: why });
    }
    const { length: runs } = plan.runs;
    const share = (ended.length + active.reduce((sum, each) => sum + each.share, 0)) / runs;
    next({ event: "progress", runs, ended: ended.length, running: active.length, share });
    if (performance.now() - reconciled < reconcilesEvery) return;
    reconciled = performance.now();
    await queue.offer(queued(study, store, [...waiting.keys()]));
  };

  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    await lookAtQueue().catch(() => {});
    isAsking = false;
  };
  while (waiting.size > 0 && !isStopped() && !(await isCancelled(store))) {
    await look();
    // A server that is away must not keep what the store says from being told.
    void ask();
    await sleep(looksEvery);
  }
  return ended;
};

/**
 * A study as `compare` has it, whose runs are trained by the workers of a queue, on any number of machines: the same runs, events and tables.
 *
 * The truth is in the store, which is the directory of the study: a queue that has lost everything is filled again from there. Stopping
 * leaves the study to the workers; the same call follows it again.
 *
 * @returns errors with `RangeflowFailure` for everything that a person can mend
 * @example not run: it needs a server and workers
 * import { builtIn, combinations } from "rangeflow";
 * import { sweep } from "rangeflow/pipelines";
 *
 * sweep(
 *   { glyphs: builtIn({ data: "glyphs", epochs: 2 }) },
 *   { queue: "redis://localhost", cells: combinations({ bits: ["8/8/8", "4/4/4"] }), seeds: [1, 2, 3], out: "runs/bits" },
 * ).subscribe(console.log);
 */
export const sweep = (experiments: Experiments, options: SweepOptions): Observable<SweepEvent> =>
  new Observable((subscriber) => {
    let isStopped = false;
    const stop = (options.stop$ ?? NEVER).subscribe(() => {
      isStopped = true;
    });
    const next = (event: SweepEvent): void => subscriber.next(event);
    const run = async (): Promise<void> => {
      const connection = await connected(options.queue);
      const store = await openStore(options.out);
      await store.fetchAll("record");
      const plan = await planOf(experiments, { ...options, out: store.dir });
      const { release } = await ownDirectory(store.dir);
      const queue = sweepQueue(connection, (message) => next({ event: "trouble", message }));
      try {
        const study = await namedStudy(store);
        const left = plan.runs.filter(({ record }) => record === undefined);
        await writeJobs(store, left, options);
        for (const one of left) await store.documents.remove("failed", jobIdOf(one));
        await uncancel(store);
        await queue.forgetRefusals(study);
        const jobs = queued(study, store, left.map(jobIdOf));
        await queue.offer(jobs);
        const finished = plan.runs.length - left.length;
        next({
          ...{ event: "study", out: options.out, cells: plan.cells.length, runs: plan.runs.length },
          ...{ finished, jobs: 0, queue: masked(options.queue) },
        });
        for (const event of endedBefore(plan)) next(event);
        const ended = await followed(
          { store, plan, study, queue },
          next,
          () => isStopped || subscriber.closed,
        );
        // The tables of a store of objects are written on this machine.
        const named = store.place === store.dir ? options.out : store.dir;
        for (const event of resultsOf(plan, ended, named)) next(event);
        if (ended.length === plan.runs.length) await queue.withdraw(jobs);
      } finally {
        release();
        await queue.close();
      }
    };
    run().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      isStopped = true;
      stop.unsubscribe();
    };
  });
