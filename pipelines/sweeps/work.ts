/**
 * @file A worker: it takes runs from a queue, trains them in processes of its own, and commits them to the stores of their studies.
 *
 * This process holds the locks of its runs and never trains, so that it always has time to renew them. The process of a run is ended when its
 * lock is lost, when its study is cancelled, and when this process ends.
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

export interface WorkOptions extends Acceptance {
  /** Address of Redis or Valkey: `redis://HOST`. */
  readonly queue: string;
  /** Runs side by side; `auto`: as many as there are cores. */
  readonly jobs?: number | "auto";
  /** Store of the studies, where it has another name on this machine than where they were planned. */
  readonly store?: string;
  /** Seconds after which a machine that says nothing has lost its runs, at least 2. */
  readonly lockSeconds?: number;
  /** End when the queue is empty. */
  readonly once?: boolean;
  /** The first value stops all runs at their next batch and gives them back. */
  readonly stop$?: Observable<unknown>;
}

/** Milliseconds that a machine which has given a run back leaves others the choice. */
const pauseAfterRefusal = 5000;

/** Milliseconds that a worker without runs waits for a server to say goodbye to. */
const mostWaiting = 5000;
const looksEvery = 100;

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
      // The queue is empty for one place of a worker while others train, whose runs may come back to it.
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
        // A server that does not answer is asked again after the next run.
        const look = (): void =>
          void isEmpty().then(
            (is) => is && finish(),
            () => {},
          );
        worker.on("drained", look).on("completed", look).on("failed", look);
      }
      subscriber.next({ event: "working", queue: masked(connection.url), jobs: concurrency, machine });
      /** Resolves when a server that is away has kept an idle worker waiting for long enough. */
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
      // Nobody listens any more.
      cleanup().catch(() => {});
    };
  });
