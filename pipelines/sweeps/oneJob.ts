/** @file One job: its run trained in an attempt of its store, and committed there. */
import { hostname } from "node:os";
import type { Observable, Subscription } from "rxjs";
import { RangeflowFailure } from "../../core/errors.ts";
import type { TrainEvent } from "../runs/events.ts";
import type { Resources } from "../runs/resources.ts";
import { canResume } from "../runs/runDirectory.ts";
import type { Attempt, Store } from "../stores/store.ts";
import { EndedProcess, FailedFiles, type Workers } from "../studies/workers.ts";
import { type JobDocument, jobIdOf } from "./jobDocument.ts";

/**
 * How a job ended here: `done` where its run is committed, by this attempt or another one; `failed` for good; `crashed` where the process
 * ended without a word; `refused` where this machine cannot read or write what the run needs; `stopped` where it can go on; `lost` where another attempt
 * has begun, or the job is not this machine's any more.
 */
export type JobEnd =
  | {
      readonly end: "done";
      /** Whether this attempt is the one that was committed. */
      readonly committed: boolean;
    }
  | { readonly end: "stopped" }
  | { readonly end: "lost" | "failed" | "crashed" | "refused"; readonly message: string };

export interface JobHandling {
  readonly workers: Workers;
  readonly resources: Partial<Resources>;
  /** Emits when the run is to stop at its next batch. */
  readonly stop$: Observable<unknown>;
  /** Emits when the process of the run is to end at once, because the job is not this machine's any more. */
  readonly kill$: Observable<unknown>;
  /** Hears of the share of the steps that are done. */
  readonly progress: (share: number) => void;
  /** Whether the job is still this machine's, asked before anything is committed. */
  readonly isOurs: () => Promise<boolean>;
}

/** Milliseconds between saves of a run that goes on. */
const savesEvery = 60_000;

/** This machine, in documents and sentences. */
export const machine = `${hostname()}-${process.pid}`;

const shareOf = (event: TrainEvent): number | undefined =>
  event.event === "step" ? event.step / event.steps : undefined;

type Trained = "done" | "stopped" | "killed";

/** Trains a run in the directory of an attempt. */
const trained = (job: JobDocument, attempt: Attempt, how: JobHandling): Promise<Trained> =>
  new Promise((resolve, reject) => {
    const { runId, source } = job;
    const { dir: out } = attempt;
    let ended: Trained = "stopped";
    let running: Subscription | undefined;
    let saving = Promise.resolve();
    const timer = setInterval(() => {
      // What cannot be saved now can be later; the run does not depend on it.
      saving = saving.then(() => attempt.save()).catch(() => {});
    }, savesEvery);
    const finish = (settle: () => void): void => {
      clearInterval(timer);
      void saving.then(settle);
    };
    const killing = how.kill$.subscribe(() => {
      running?.unsubscribe();
      finish(() => resolve("killed"));
    });
    running = how.workers
      .run({ ...how.resources, source, runId, out, resume: canResume(out) }, how.stop$)
      .subscribe({
        next: (event) => {
          if (event.event === "done") ended = "done";
          const share = shareOf(event);
          if (share !== undefined) how.progress(share);
        },
        error: (error: unknown) => {
          killing.unsubscribe();
          finish(() => reject(error));
        },
        complete: () => {
          killing.unsubscribe();
          finish(() => resolve(ended));
        },
      });
  });

const overtaken: JobEnd = { end: "lost", message: "a newer attempt of it has begun" };

const committed = async (store: Store, job: JobDocument, attempt: Attempt): Promise<JobEnd> => {
  const commit = await attempt.commit();
  if (commit === "superseded") return overtaken;
  if (commit !== "other") return { end: "done", committed: commit === "committed" };
  return {
    end: "failed",
    message: `${job.name} has ended with other weights or ranges than the run of that name in ${store.place}, which stays`,
  };
};

/** What ends an attempt that cannot be trained: nothing of it, where a newer one has taken its directory away. */
const broken = async (attempt: Attempt, error: unknown): Promise<JobEnd> => {
  if (!(await attempt.isNewest())) return overtaken;
  if (error instanceof FailedFiles) return { end: "refused", message: error.message };
  if (error instanceof EndedProcess) return { end: "crashed", message: error.message };
  if (error instanceof Error) return { end: "failed", message: error.message };
  throw error;
};

/** Trains a run in an attempt as far as it goes, and commits it. */
const attempted = async (
  store: Store,
  job: JobDocument,
  attempt: Attempt,
  how: JobHandling,
): Promise<JobEnd> => {
  const ended = await trained(job, attempt, how).catch((error: unknown) => broken(attempt, error));
  if (typeof ended === "object") return ended;
  if (ended === "killed") return { end: "lost", message: "it is not this machine's any more" };
  if (ended === "stopped") {
    await attempt.save();
    return { end: "stopped" };
  }
  return (await how.isOurs())
    ? committed(store, job, attempt)
    : { end: "lost", message: "its lock was lost" };
};

/** Trains the run of a job as far as it goes, and commits it. */
export const runJob = async (store: Store, job: JobDocument, how: JobHandling): Promise<JobEnd> => {
  let attempt: Attempt | undefined;
  try {
    attempt = await store.begin({ name: job.name, runId: jobIdOf(job) });
    if (attempt === undefined) return { end: "done", committed: false };
    return await attempted(store, job, attempt, how);
  } catch (error) {
    if (error instanceof RangeflowFailure) return { end: "refused", message: error.message };
    throw error;
  } finally {
    await attempt?.leave();
  }
};
