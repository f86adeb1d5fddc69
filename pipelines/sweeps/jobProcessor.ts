/** @file Processes a run that a worker has taken from the queue. */
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "bullmq";
import { filter, map, merge, type Observable } from "rxjs";
import { RangeflowFailure } from "../../core/errors.ts";
import type { Resources } from "../runs/resources.ts";
import { openStore } from "../stores/openStore.ts";
import type { Store } from "../stores/store.ts";
import { workersIn } from "../studies/workers.ts";
import { type Acceptance, acceptedJob } from "./acceptedJob.ts";
import { carriedPlaces } from "./carriedFiles.ts";
import { type JobDocument, writeFailure } from "./jobDocument.ts";
import { madeOnce } from "./madeOnce.ts";
import { type JobEnd, machine, runJob } from "./oneJob.ts";
import type { QueuedRun } from "./queuedRun.ts";
import type { Packages } from "./redis.ts";
import { cancelled, isCancelled } from "./study.ts";
import { mostCrashes, type SweepQueue, standardLock } from "./sweepQueue.ts";
import type { WorkEvent } from "./workEvents.ts";

export interface Processing {
  readonly options: Acceptance & {
    /** Store of the studies, if it has another name on this machine. */
    readonly store?: string;
    readonly lockSeconds?: number;
  };
  readonly bullmq: Packages["bullmq"];
  readonly queue: SweepQueue;
  /** Number of parallel runs. */
  readonly concurrency: number;
  /** Takes no runs for a while. */
  readonly pause: () => Promise<void>;
  /** Emits when all runs are to stop at their next batch. */
  readonly stopping: Observable<unknown>;
  /** Emits jobs whose processes have to end; undefined means all. */
  readonly killing: Observable<string | undefined>;
  readonly next: (event: WorkEvent) => void;
  readonly isStopped: () => boolean;
}

export interface JobProcessor {
  /** Trains a run and commits it. Otherwise rejects with the error that tells the queue what happened. */
  readonly process: (job: Job<QueuedRun>, token: string) => Promise<string>;
  /** Whether a process is training. */
  readonly isTraining: () => boolean;
  /** Ends idle processes and removes the files that were laid out for jobs. */
  readonly close: () => void;
}

/** A job that this machine has accepted. */
interface Taken {
  readonly store: Store;
  readonly document: JobDocument;
  /** Working directory of its process. */
  readonly cwd: string;
}

/** Milliseconds between progress updates. */
const tellsEvery = 2000;

/** Whether a job's lock is still held. Asks until the server answers. */
const isLocked = async (job: Job<QueuedRun>, token: string, seconds: number): Promise<boolean> => {
  for (;;)
    try {
      return (await job.extendLock(token, seconds * 1000)) === 1;
    } catch (error) {
      if (error instanceof Error && /lock|not found|missing/i.test(error.message)) return false;
      await sleep(1000);
    }
};

/** Resources that a machine gives to one of its runs. */
const given = (wanted: Partial<Resources>, concurrency: number): Partial<Resources> => {
  const { threads = "auto" } = wanted;
  const fair = Math.max(1, Math.floor(availableParallelism() / concurrency));
  return { ...wanted, threads: threads === "auto" ? fair : threads };
};

export const jobProcessor = (processing: Processing): JobProcessor => {
  const { options, bullmq, queue, concurrency, stopping, killing, next } = processing;
  const { UnrecoverableError, WaitingError } = bullmq;
  const stores = madeOnce(openStore);
  const pools = madeOnce(workersIn);
  const places = carriedPlaces();
  let training = 0;

  /** Gives a run back, behind all others. */
  const giveBack = async (job: Job<QueuedRun>, token: string): Promise<never> => {
    await job.moveToWait(token);
    await job.changePriority({ priority: 0, lifo: false }).catch(() => {});
    throw new WaitingError();
  };

  /** Gives back a run that this machine cannot train, and leaves it to others. */
  const refuse = async (job: Job<QueuedRun>, token: string, run: string, why: string): Promise<never> => {
    next({ event: "refused", run, why });
    await queue.noteRefusal(job.data.study, { machine, why });
    await processing.pause();
    return giveBack(job, token);
  };

  const taken = async ({ data }: Job<QueuedRun>): Promise<Taken> => {
    const store = await stores.of(options.store ?? data.place);
    if (await isCancelled(store)) throw new UnrecoverableError("cancelled");
    const document = await acceptedJob(store, data, options);
    if (document === undefined) throw new UnrecoverableError("no such job in its store");
    return { store, document, cwd: await places.of(store.documents, document.carried) };
  };

  /** Trains a run. Its process ends when the lock is lost or the study is cancelled. */
  const trained = (job: Job<QueuedRun>, token: string, { store, document, cwd }: Taken): Promise<JobEnd> => {
    let told = 0;
    return runJob(store, document, {
      workers: pools.of(cwd),
      resources: given(document.resources, concurrency),
      stop$: stopping,
      kill$: merge(
        killing.pipe(
          filter((id) => id === undefined || id === job.id),
          map(() => "lost" as const),
        ),
        cancelled(store),
      ),
      progress: (share) => {
        if (performance.now() - told < tellsEvery) return;
        told = performance.now();
        // A lost progress update is harmless; the next one replaces it.
        job.updateProgress({ share, machine }).catch(() => {});
      },
      isOurs: () => isLocked(job, token, options.lockSeconds ?? standardLock),
    });
  };

  const fail = async (
    { data }: Job<QueuedRun>,
    { store, document: { name } }: Taken,
    message: string,
  ): Promise<never> => {
    await writeFailure(store.documents, data.job, { name, machine, message });
    throw new UnrecoverableError(message);
  };

  /** Trains an accepted run and reports the result to the queue. */
  const settled = async (job: Job<QueuedRun>, token: string, one: Taken): Promise<string> => {
    const { name: run } = one.document;
    next({ event: "begun", run });
    training++;
    const ended = await trained(job, token, one)
      .catch((error: Error) => {
        // An unexpected error is a bug. Without this event nobody would see it, because the queue only tries again.
        next({ event: "trouble", message: String(error.stack) });
        throw error;
      })
      .finally(() => training--);
    next({ event: "ended", run, ...ended });
    switch (ended.end) {
      case "done":
        return "done";
      case "refused":
        return refuse(job, token, run, ended.message);
      case "stopped":
        return giveBack(job, token);
      case "cancelled":
        throw new UnrecoverableError("cancelled");
      case "lost":
        throw new Error(ended.message);
      case "crashed": {
        if (job.attemptsMade + 1 < mostCrashes) throw new Error(ended.message);
        const words = `${mostCrashes} processes have ended in it, the last one here: ${ended.message}`;
        return fail(job, one, words);
      }
      case "failed":
        return fail(job, one, ended.message);
    }
  };

  return {
    process: async (job, token) => {
      let run = job.data.job;
      try {
        const one = await taken(job);
        run = one.document.name;
        return processing.isStopped() ? await giveBack(job, token) : await settled(job, token, one);
      } catch (error) {
        // The store refuses an access, possibly only the one that reports a failure.
        if (!(error instanceof RangeflowFailure)) throw error;
        return refuse(job, token, run, error.message);
      }
    },
    isTraining: () => training > 0,
    close: () => {
      for (const pool of pools.all()) pool.close();
      places.close();
    },
  };
};
