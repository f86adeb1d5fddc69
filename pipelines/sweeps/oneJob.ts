/** @file One job: trains its run in an attempt of the store, and commits it there. */
import { hostname } from "node:os";
import { lastValueFrom, map, type Observable, ReplaySubject, take, takeUntil, tap } from "rxjs";
import { RangeflowFailure } from "../../core/errors.ts";
import type { TrainEvent } from "../runs/events.ts";
import type { Resources } from "../runs/resources.ts";
import { canResume } from "../runs/runDirectory.ts";
import { stepShare } from "../runs/stepShare.ts";
import type { Attempt, Store } from "../stores/store.ts";
import { EndedProcess, FailedFiles, type Workers } from "../studies/workers.ts";
import { type JobDocument, jobIdOf } from "./jobDocument.ts";

/**
 * How a job ended on this machine. `done`: its run is committed, by this attempt or another one. `failed`: permanently. `crashed`: the
 * process exited without a message. `refused`: this machine cannot read or write what the run needs. `stopped`: it can be resumed.
 * `lost`: another attempt has begun, or the job no longer belongs to this machine.
 */
export type JobEnd =
  | {
      readonly end: "done";
      /** Whether this attempt was the one committed. */
      readonly committed: boolean;
    }
  | { readonly end: "stopped" }
  | { readonly end: Killed | "failed" | "crashed" | "refused"; readonly message: string };

/** Why the process of a run has to end at once: the job no longer belongs to this machine, or its study was cancelled. */
export type Killed = "lost" | "cancelled";

export interface JobHandling {
  readonly workers: Workers;
  readonly resources: Partial<Resources>;
  /** Emits when the run is to stop at its next batch. */
  readonly stop$: Observable<unknown>;
  /** Emits when the process of the run has to end at once. */
  readonly kill$: Observable<Killed>;
  /** Called with the share of steps done, 0 to 1. */
  readonly progress: (share: number) => void;
  /** Whether the job still belongs to this machine; asked before each commit. */
  readonly isOurs: () => Promise<boolean>;
}

/** Milliseconds between saves of a run in progress. */
const savesEvery = 60_000;

/** Name of this machine and process, in documents and messages. */
export const machine = `${hostname()}-${process.pid}`;

/** How the process of a run has ended. */
type Trained = "done" | "stopped" | Killed;

/** Trains a run in the directory of an attempt. */
const trained = async (
  { runId, source }: JobDocument,
  attempt: Attempt,
  { workers, resources, stop$, kill$, progress }: JobHandling,
): Promise<Trained> => {
  const { dir: out } = attempt;
  let ended: Trained = "stopped";
  let saving = Promise.resolve();
  const timer = setInterval(() => {
    // A failed save is tried again later. The run does not depend on it.
    saving = saving.then(() => attempt.save()).catch(() => {});
  }, savesEvery);
  const killed$ = kill$.pipe(
    tap((why) => {
      ended = why;
    }),
  );
  const hear = (event: TrainEvent): void => {
    if (event.event === "done") ended = "done";
    const share = stepShare(event);
    if (share !== undefined) progress(share);
  };
  try {
    await lastValueFrom(
      workers
        .run({ ...resources, source, runId, out, resume: canResume(out) }, stop$)
        .pipe(tap(hear), takeUntil(killed$)),
      { defaultValue: undefined },
    );
  } finally {
    clearInterval(timer);
    await saving;
  }
  return ended;
};

const killed: Readonly<Record<Killed, JobEnd>> = {
  lost: { end: "lost", message: "it is not this machine's any more" },
  cancelled: { end: "cancelled", message: "its study was cancelled" },
};

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

/** Result of an attempt that cannot be trained. Nothing of it is kept if a newer attempt has removed its directory. */
const broken = async (attempt: Attempt, error: unknown): Promise<JobEnd> => {
  if (!(await attempt.isNewest())) return overtaken;
  if (error instanceof FailedFiles) return { end: "refused", message: error.message };
  if (error instanceof EndedProcess) return { end: "crashed", message: error.message };
  if (error instanceof Error) return { end: "failed", message: error.message };
  throw error;
};

/** Trains a run in an attempt as far as possible, and commits it. */
const attempted = async (
  store: Store,
  job: JobDocument,
  attempt: Attempt,
  how: JobHandling,
): Promise<JobEnd> => {
  const ended = await trained(job, attempt, how).catch((error: unknown) => broken(attempt, error));
  if (typeof ended === "object") return ended;
  if (ended === "stopped") {
    await attempt.save();
    return { end: "stopped" };
  }
  if (ended !== "done") return killed[ended];
  return (await how.isOurs())
    ? committed(store, job, attempt)
    : { end: "lost", message: "its lock was lost" };
};

/** Remembers a request for later subscribers. */
const heard = <T>(asked$: Observable<T>) => {
  const first$ = new ReplaySubject<T>(1);
  let first: T | undefined;
  const listening = asked$.pipe(take(1)).subscribe((value) => {
    first = value;
    first$.next(value);
  });
  return { first$, first: () => first, unsubscribe: () => listening.unsubscribe() };
};

/**
 * Trains the run of a job as far as possible, and commits it. Requests that arrive while its attempt begins, which may take long, count
 * as well.
 */
export const runJob = async (store: Store, job: JobDocument, how: JobHandling): Promise<JobEnd> => {
  const stopping = heard(how.stop$.pipe(map(() => true)));
  const killing = heard(how.kill$);
  let attempt: Attempt | undefined;
  try {
    attempt = await store.begin({ name: job.name, runId: jobIdOf(job) });
    if (attempt === undefined) return { end: "done", committed: false };
    const why = killing.first();
    if (why !== undefined) return killed[why];
    if (stopping.first()) return { end: "stopped" };
    return await attempted(store, job, attempt, { ...how, stop$: stopping.first$, kill$: killing.first$ });
  } catch (error) {
    if (error instanceof RangeflowFailure) return { end: "refused", message: error.message };
    throw error;
  } finally {
    stopping.unsubscribe();
    killing.unsubscribe();
    await attempt?.leave();
  }
};
