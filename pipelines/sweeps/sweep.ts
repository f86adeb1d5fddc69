/** @file A study whose runs go through a queue: planned, offered to machines, and followed until it ends. */
import { setTimeout as sleep } from "node:timers/promises";
import { NEVER, Observable } from "rxjs";
import { ownDirectory } from "../files/ownDirectory.ts";
import { doneRecordIn } from "../runs/doneRecord.ts";
import type { Store } from "../stores/store.ts";
import type { CompareOptions } from "../studies/compare.ts";
import type { CompareEvent, RunEvent } from "../studies/events.ts";
import type { Plan, PlannedRun } from "../studies/plan.ts";
import { endedBefore, resultsOf } from "../studies/results.ts";
import type { Experiments } from "../studies/rivals.ts";
import { studyEvent } from "../studies/studyEvent.ts";
import { studyProgress } from "../studies/studyProgress.ts";
import { jobIdOf } from "./jobDocument.ts";
import { placed, planIn } from "./placed.ts";
import { connected, masked } from "./redis.ts";
import { failuresOf, isCancelled, queued, studyState } from "./study.ts";
import { type SweepQueue, sweepQueue } from "./sweepQueue.ts";

/** Options of `sweep`: those of `compare`, without `jobs` and `onlyFinished`. */
export interface SweepOptions extends Omit<CompareOptions, "jobs" | "onlyFinished"> {
  /** Address of Redis or Valkey: `redis://HOST`. */
  readonly queue: string;
}

/** A machine has given runs of the study back. */
export interface MachineEvent {
  readonly event: "machine";
  /** Name of the machine. */
  readonly machine: string;
  /** Why it refuses the runs. */
  readonly refuses: string;
}

/** The connection to the queue was lost, or is back. */
export interface TroubleEvent {
  readonly event: "trouble";
  /** Message. */
  readonly message: string;
}

/** Events of `sweep`: those of `compare`, and those about machines and the queue. */
export type SweepEvent = CompareEvent | MachineEvent | TroubleEvent;

/**
 * Milliseconds between checks of the store (more if a check takes long), between checks of the queue, and between checks of what it has
 * lost.
 */
const looksEvery = 250;
const longestPause = 2000;
const asksEvery = 1000;
const reconcilesEvery = 10_000;

/** Milliseconds until the next check, so that checks take a twentieth of the time. */
const pauseAfter = (look: number): number => Math.min(longestPause, Math.max(looksEvery, 20 * look));

/** Follows a planned study until all of its runs have ended or it is cancelled. */
const followed = async (
  { store, plan, study, queue }: { store: Store; plan: Plan; study: string; queue: SweepQueue },
  next: (event: SweepEvent) => void,
  isStopped: () => boolean,
): Promise<readonly RunEvent[]> => {
  const progress = studyProgress(plan, store.dir);
  const waiting = new Map(
    plan.runs.filter(({ record }) => record === undefined).map((run) => [jobIdOf(run), run]),
  );
  const names = new Map([...waiting].map(([job, { name }]) => [job, name]));
  const told = new Map<string, string>();
  const end = (job: string, how: RunEvent): void => {
    waiting.delete(job);
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
      end(job, progress.done(run, { ...record.done, out: run.dir }));
    }
    for (const [job, { message }] of await failuresOf(
      store,
      state.failed.filter((job) => waiting.has(job)),
    )) {
      end(job, progress.failed(waiting.get(job) as PlannedRun, message));
    }
  };

  let isOver = false;
  /** Emits an event of the queue, unless the study has ended. */
  const tell = (event: SweepEvent): void => {
    if (!isOver) next(event);
  };
  const lookAtQueue = async (): Promise<void> => {
    const active = (await queue.active(study)).filter(({ job }) => waiting.has(job));
    for (const { machine, why } of await queue.refusals(study)) {
      if (told.get(machine) === why) continue;
      told.set(machine, why);
      tell({ event: "machine", machine, refuses: why });
    }
    tell(progress.event(active.map(({ share }) => share)));
    if (performance.now() - reconciled < reconcilesEvery) return;
    reconciled = performance.now();
    await queue.offer(queued(study, store, [...waiting.keys()]));
  };

  let isAsking = false;
  let asked = Number.NEGATIVE_INFINITY;
  const ask = async (): Promise<void> => {
    if (isAsking || performance.now() - asked < asksEvery) return;
    asked = performance.now();
    isAsking = true;
    // A lost server is waited for. Its error messages are reported.
    await lookAtQueue().catch(({ message }: Error) => {
      if (!isStopped()) tell({ event: "trouble", message });
    });
    isAsking = false;
  };
  while (waiting.size > 0 && !isStopped() && !(await isCancelled(store))) {
    const began = performance.now();
    await look();
    const pause = pauseAfter(performance.now() - began);
    // A lost server must not delay reports from the store.
    void ask();
    await sleep(pause);
  }
  isOver = true;
  return progress.ended();
};

/** Plans a study in its store and offers what is left of it to the workers of a queue. */
const offeredIn = async (queue: SweepQueue, store: Store, plan: Plan, options: SweepOptions) => {
  const { study, left } = await placed(store, plan, options, "--queue");
  await queue.forgetRefusals(study);
  const jobs = queued(study, store, left.map(jobIdOf));
  await queue.offer(jobs);
  return { study, jobs };
};

/**
 * A study as in `compare`, whose runs are trained by the workers of a queue, on any number of machines: the same runs, events and tables.
 *
 * The store, which is the directory of the study, contains the complete state. A queue that has lost its content is filled again from
 * there. Stopping leaves the study to the workers; the same call follows it again.
 *
 * @param experiments experiments by the names that tables show
 * @param options queue, cells, seeds and directory
 * @returns events. Errors with `RangeflowFailure` for any user error
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
    const hasLeft = (): boolean => isStopped || subscriber.closed;
    const next = (event: SweepEvent): void => subscriber.next(event);
    const run = async (): Promise<void> => {
      const connection = await connected(options.queue);
      const { store, plan } = await planIn(experiments, options);
      const { release } = await ownDirectory(store.dir);
      let queue: SweepQueue | undefined;
      try {
        queue = sweepQueue(connection, (message) => next({ event: "trouble", message }));
        // A study that is stopped before it is planned stays unchanged.
        const offered = hasLeft() ? undefined : await offeredIn(queue, store, plan, options);
        const { length: finished } = endedBefore(plan);
        next(studyEvent(plan, { out: options.out, finished, jobs: 0, queue: masked(options.queue) }));
        for (const event of endedBefore(plan)) next(event);
        const ended = offered
          ? await followed({ store, plan, study: offered.study, queue }, next, hasLeft)
          : endedBefore(plan);
        // For a store of objects, tables are written on this machine.
        const named = store.place === store.dir ? options.out : store.dir;
        for (const event of resultsOf(plan, ended, named)) next(event);
        if (offered && ended.length === plan.runs.length) await queue.withdraw(offered.jobs);
      } finally {
        release();
        await queue?.close();
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
