/**
 * @file A worker: it takes runs from a queue, trains them in processes of its own, and commits them to the stores of their studies.
 *
 * This process holds the locks of its runs and never trains, so that it always has time to renew them. The process of a run is ended when its
 * lock is lost, when its study is cancelled, and when this process ends.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import { filter, NEVER, Observable, Subject, take } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { numerics } from "../../core/numerics.ts";
import { isEmbedded } from "../data/dataNamed.ts";
import { isBuiltIn } from "../experiments/source.ts";
import { defaults, type Settings } from "../settings/settings.ts";
import { openStore } from "../stores/openStore.ts";
import type { Store } from "../stores/store.ts";
import { type Workers, workersIn } from "../studies/workers.ts";
import { version } from "../version.ts";
import { carriedPlaces } from "./carriedFiles.ts";
import { type JobDocument, readJob, writeFailure } from "./jobDocument.ts";
import { checkJob, type JobEnd, machine, runJob } from "./oneJob.ts";
import { connected } from "./redis.ts";
import { isCancelled, studyIn } from "./study.ts";
import { mostCrashes, type QueuedRun, queueName, sweepQueue, tellTrouble } from "./sweepQueue.ts";

export interface WorkOptions {
  /** Address of Redis or Valkey: `redis://HOST`. */
  readonly queue: string;
  /** Runs side by side; `auto`: as many as there are cores. */
  readonly jobs?: number | "auto";
  /** Store of the studies, where it has another name on this machine than where they were planned. */
  readonly store?: string;
  /** Directory of the data, where it is another one than where the study was planned. */
  readonly dataDir?: string;
  /** Train jobs that bring code of their own. */
  readonly trust?: boolean;
  /** Seconds after which a machine that says nothing has lost its runs, at least 2. */
  readonly lockSeconds?: number;
  /** End when the queue is empty. */
  readonly once?: boolean;
  /** The first value stops all runs at their next batch and gives them back. */
  readonly stop$?: Observable<unknown>;
}

/** Events of a worker. */
export type WorkEvent =
  | { readonly event: "working"; readonly queue: string; readonly jobs: number; readonly machine: string }
  | { readonly event: "begun"; readonly run: string }
  | ({ readonly event: "ended"; readonly run: string } & JobEnd)
  | { readonly event: "refused"; readonly run: string; readonly why: string }
  | { readonly event: "trouble"; readonly message: string };

/** Milliseconds that a machine which has given a run back leaves others the choice. */
const pauseAfterRefusal = 5000;
const looksEvery = 2000;
const savesEvery = 60_000;

/** The job of a run, as this machine is asked to do it; rejects with `RangeflowFailure` where it refuses. */
const acceptedJob = async (
  store: Store,
  { study, job: id }: QueuedRun,
  { dataDir, trust = false }: WorkOptions,
): Promise<JobDocument | undefined> => {
  if ((await studyIn(store)) !== study)
    throw new RangeflowFailure(
      problem("work", `no such study in ${store.place}`, "the store of the study", "name it: --store DIR"),
    );
  const job = await readJob(store.documents, id);
  if (job === undefined) return undefined;
  checkJob(job, { version, numerics }, trust);
  if (!isBuiltIn(job.source)) return job;
  const wanted = { ...job.source.wanted, ...(dataDir !== undefined && { dataDir: resolve(dataDir) }) };
  const { data, dataDir: from } = { ...defaults, ...wanted } as Settings;
  if (!isEmbedded(data) && !existsSync(from))
    throw new RangeflowFailure(
      problem(
        "work",
        `no directory ${from}`,
        `the files of ${data}`,
        "name where they are here: --data-dir DIR",
      ),
    );
  return { ...job, source: { ...job.source, wanted } };
};

/**
 * Takes runs from a queue and trains them, until it is stopped.
 *
 * @returns events of what it does; errors with `RangeflowFailure` where there is no queue. Unsubscribing kills the processes of its runs,
 *   which other workers take up again
 * @example not run: it needs a server
 * import { work } from "rangeflow/pipelines";
 *
 * work({ queue: "redis://localhost", jobs: 2 }).subscribe(console.log);
 */
export const work = (options: WorkOptions): Observable<WorkEvent> =>
  new Observable((subscriber) => {
    const { jobs = "auto", lockSeconds = 30, stop$ = NEVER, once = false } = options;
    const concurrency = jobs === "auto" ? availableParallelism() : jobs;
    const tell = (message: string): void => subscriber.next({ event: "trouble", message });
    const stopping = new Subject<void>();
    const killing = new Subject<string | undefined>();
    const stores = new Map<string, Promise<Store>>();
    const places = carriedPlaces();
    const pools = new Map<string, Workers>();
    let worker: Worker<QueuedRun> | undefined;
    let isStopped = false;
    let cleanup = async (): Promise<void> => {};

    const storeOf = ({ place }: QueuedRun): Promise<Store> => {
      const at = options.store ?? place;
      const opened = stores.get(at) ?? openStore(at);
      stores.set(at, opened);
      return opened;
    };
    const poolFor = (cwd: string): Workers => {
      const pool = pools.get(cwd) ?? workersIn(cwd);
      pools.set(cwd, pool);
      return pool;
    };

    const start = async (): Promise<void> => {
      const connection = await connected(options.queue);
      if (subscriber.closed) return;
      const { bullmq, client: open } = connection;
      const { UnrecoverableError, WaitingError } = bullmq;
      const queue = sweepQueue(connection, tell);

      /** Gives a run back, behind all others, and leaves it to other machines for a while. */
      const giveBack = async (job: Job<QueuedRun>, token: string): Promise<never> => {
        await job.moveToWait(token);
        await job.changePriority({ priority: 0, lifo: false }).catch(() => {});
        throw new WaitingError();
      };
      const refuse = async (job: Job<QueuedRun>, token: string, run: string, why: string): Promise<never> => {
        subscriber.next({ event: "refused", run, why });
        await queue.noteRefusal(job.data.study, { machine, why });
        await worker?.pause(true);
        setTimeout(() => void (isStopped || worker?.resume()), pauseAfterRefusal);
        return giveBack(job, token);
      };

      const train = async (job: Job<QueuedRun>, token: string): Promise<string> => {
        let run = job.data.job;
        let accepted: JobDocument | undefined;
        let store: Store;
        let cwd = process.cwd();
        try {
          store = await storeOf(job.data);
          if (await isCancelled(store)) throw new UnrecoverableError("cancelled");
          accepted = await acceptedJob(store, job.data, options);
          if (accepted === undefined) throw new UnrecoverableError("no such job in its store");
          if (accepted.carried.files.length > 0) cwd = await places.of(store.documents, accepted.carried);
          run = accepted.name;
        } catch (error) {
          if (!(error instanceof RangeflowFailure)) throw error;
          return refuse(job, token, run, error.message);
        }
        if (isStopped) return giveBack(job, token);
        subscriber.next({ event: "begun", run });
        const kill = new Subject<void>();
        const lost = killing
          .pipe(filter((id) => id === undefined || id === job.id))
          .subscribe(() => kill.next());
        let wasCancelled = false;
        const looking = setInterval(async () => {
          if (!(await isCancelled(store).catch(() => false))) return;
          wasCancelled = true;
          kill.next();
        }, looksEvery);
        let told = 0;
        const { threads = "auto" } = accepted.resources;
        const end = await runJob(store, accepted, {
          workers: poolFor(cwd),
          resources: {
            ...accepted.resources,
            threads:
              threads === "auto" ? Math.max(1, Math.floor(availableParallelism() / concurrency)) : threads,
          },
          stop$: stopping,
          kill$: kill.pipe(take(1)),
          progress: (share) => {
            if (performance.now() - told < looksEvery) return;
            told = performance.now();
            job.updateProgress({ share, machine }).catch(() => {});
          },
          isOurs: () => isLocked(job, token, lockSeconds),
          saveEvery: savesEvery,
        }).finally(() => {
          clearInterval(looking);
          lost.unsubscribe();
        });
        subscriber.next({ event: "ended", run, ...end });
        switch (end.end) {
          case "done":
            return "done";
          case "refused":
            return refuse(job, token, run, end.message);
          case "stopped":
            return giveBack(job, token);
          case "lost":
            throw wasCancelled
              ? new UnrecoverableError("cancelled")
              : new Error("another machine has this run");
          case "crashed":
            if (job.attemptsMade + 1 < mostCrashes) throw new Error(end.message);
            await writeFailure(store.documents, job.data.job, {
              ...{ name: run, machine },
              message: `${mostCrashes} processes have ended in it, the last one here: ${end.message}`,
            });
            throw new UnrecoverableError(end.message);
          case "failed":
            await writeFailure(store.documents, job.data.job, { name: run, machine, message: end.message });
            throw new UnrecoverableError(end.message);
        }
      };

      const client = open();
      tellTrouble(client, tell);
      worker = new bullmq.Worker<QueuedRun>(queueName, (job, token = "") => train(job, token), {
        connection: client,
        name: machine,
        concurrency,
        lockDuration: lockSeconds * 1000,
        stalledInterval: lockSeconds * 1000,
        maxStalledCount: 1000,
        runRetryDelay: 1000,
      });
      worker.on("lockRenewalFailed", (ids) => {
        for (const id of ids) killing.next(id);
      });
      worker.on("error", () => {});
      if (once) worker.on("drained", () => void finish());
      subscriber.next({ event: "working", queue: connection.url, jobs: concurrency, machine });
      cleanup = async () => {
        await worker?.close();
        for (const pool of pools.values()) pool.close();
        await queue.close();
        client.disconnect();
      };
    };
    const finish = async (): Promise<void> => {
      if (isStopped) return;
      isStopped = true;
      stopping.next();
      await cleanup();
      subscriber.complete();
    };
    const stop = stop$.subscribe(() => void finish());
    start().catch((error: unknown) => subscriber.error(error));
    return () => {
      stop.unsubscribe();
      isStopped = true;
      killing.next(undefined);
      void cleanup();
    };
  });

/** Whether a job's lock is still held, which is asked until the server answers. */
const isLocked = async (job: Job<QueuedRun>, token: string, seconds: number): Promise<boolean> => {
  for (;;)
    try {
      return (await job.extendLock(token, seconds * 1000)) === 1;
    } catch (error) {
      if (error instanceof Error && /lock|not found|missing/i.test(error.message)) return false;
      await sleep(1000);
    }
};
