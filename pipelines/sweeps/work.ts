/**
 * @file A worker: takes runs from a queue, trains them in processes of its own, and commits them to the stores of their studies.
 *
 * This process holds the locks of its runs and never trains, so that it always has time to renew them. The process of a run is ended when
 * its lock is lost, when its study is cancelled, and when this process ends.
 */
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import { NEVER, Observable, Subject } from "rxjs";
import type { Acceptance } from "./acceptedJob.ts";
import { jobProcessor } from "./jobProcessor.ts";
import { machine } from "./oneJob.ts";
import type { QueuedRun } from "./queuedRun.ts";
import { connected, masked } from "./redis.ts";
import { queueName, standardLock, sweepQueue, tellTrouble } from "./sweepQueue.ts";
import type { WorkEvent } from "./workEvents.ts";

/** Options of `work`. */
export interface WorkOptions extends Acceptance {
  /** Address of Redis or Valkey: `redis://HOST`. */
  readonly queue: string;
  /** Number of parallel runs. Default: `auto`, the number of cores. */
  readonly jobs?: number | "auto";
  /** Store of the studies. Default: the one in the plan. */
  readonly store?: string;
  /** Seconds without a sign of life after which this machine loses its runs, at least 2. Default: 30. */
  readonly lockSeconds?: number;
  /** End when the queue is empty. Default: false. */
  readonly once?: boolean;
  /** Its first value stops all runs at their next batch and gives them back. Default: never. */
  readonly stop$?: Observable<unknown>;
}

/** Milliseconds for which a machine that has given a run back takes none, so that others may. */
const pauseAfterRefusal = 5000;

/** Milliseconds that an idle worker waits for a server to close the connection. */
const mostWaiting = 5000;
const looksEvery = 100;

/**
 * Takes runs from a queue and trains them, until it is stopped.
 *
 * @param options address of the queue, and what this machine may do
 * @returns events. Errors with `RangeflowFailure` if the queue cannot be reached. Unsubscribing kills the processes of its runs, which
 *   other workers resume
 * @example not run: it needs a server
 * import { work } from "rangeflow/pipelines";
 *
 * work({ queue: "redis://localhost", jobs: 2 }).subscribe(console.log);
 */
export const work = (options: WorkOptions): Observable<WorkEvent> =>
  new Observable((subscriber) => {
    const { jobs = "auto", lockSeconds = standardLock, stop$ = NEVER, once = false } = options;
    const concurrency = jobs === "auto" ? availableParallelism() : jobs;
    const tell = (message: string): void => subscriber.next({ event: "trouble", message });
    const stopping = new Subject<void>();
    const killing = new Subject<string | undefined>();
    let worker: Worker<QueuedRun> | undefined;
    let isStopped = false;
    let cleanup = async (): Promise<void> => {};

    const start = async (): Promise<void> => {
      const connection = await connected(options.queue);
      if (subscriber.closed) return;
      const { bullmq, client: open } = connection;
      const queue = sweepQueue(connection, tell);
      const pause = async (): Promise<void> => {
        await worker?.pause(true);
        // The timer does not keep the process of a worker that was stopped.
        setTimeout(() => void (isStopped || worker?.resume()), pauseAfterRefusal).unref();
      };
      const train = jobProcessor({
        ...{ options, bullmq, queue, concurrency, pause, stopping, killing },
        next: (event) => subscriber.next(event),
        isStopped: () => isStopped,
      });

      const client = open();
      tellTrouble(client, tell);
      let running = 0;
      const process = async (job: Job<QueuedRun>, token = ""): Promise<string> => {
        running++;
        try {
          return await train.process(job, token);
        } finally {
          running--;
        }
      };
      // A slot sees an empty queue while others train. Their runs may come back.
      const isEmpty = async (): Promise<boolean> => {
        const { waiting } = await queue.counts();
        return waiting === 0 && running === 0;
      };
      worker = new bullmq.Worker<QueuedRun>(queueName, process, {
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
      if (once) {
        // If the server does not answer, the check is repeated after the next run.
        const look = (): void =>
          void isEmpty().then(
            (is) => is && finish(),
            () => {},
          );
        worker.on("drained", look).on("completed", look).on("failed", look);
      }
      subscriber.next({ event: "working", queue: masked(connection.url), jobs: concurrency, machine });
      /** Resolves when an idle worker has waited long enough for a lost server. */
      const forsaken = async (): Promise<void> => {
        while (train.isTraining()) await sleep(looksEvery);
        await sleep(mostWaiting, undefined, { ref: false });
      };
      cleanup = async () => {
        const closing = worker?.close();
        await Promise.race([closing?.then(() => queue.close()), forsaken()]);
        train.close();
        client.disconnect();
      };
    };
    const finish = (): void => {
      if (isStopped) return;
      isStopped = true;
      stopping.next();
      cleanup().then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
    };
    const stop = stop$.subscribe(finish);
    start().catch((error: unknown) => subscriber.error(error));
    return () => {
      stop.unsubscribe();
      isStopped = true;
      killing.next(undefined);
      // There is no subscriber left.
      cleanup().catch(() => {});
    };
  });
