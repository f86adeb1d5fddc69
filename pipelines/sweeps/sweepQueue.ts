/**
 * @file The queue of all studies on a server. It holds which runs may be trained next and which machines train them, and nothing that
 *   cannot be restored from the stores.
 */
import type { Job, Queue } from "bullmq";
import type { QueuedRun } from "./queuedRun.ts";
import type { Connection } from "./redis.ts";

/** Name of the queue. */
export const queueName = "rangeflow";

/** Seconds without a sign of life after which a worker has lost its runs. */
export const standardLock = 30;

/** Number of times that a run is tried whose process exits without a message. */
export const mostCrashes = 5;

/** A machine that has given runs of a study back, and why. */
export interface Refusal {
  readonly machine: string;
  readonly why: string;
}

/** A run that is being trained. */
export interface ActiveRun {
  readonly job: string;
  /** Share of its steps done, 0 to 1. */
  readonly share: number;
  readonly machine: string;
}

/** The queue of a server. */
export interface SweepQueue {
  /** Adds runs that are not in the queue, even if they were before. Returns their number. */
  readonly offer: (runs: readonly QueuedRun[]) => Promise<number>;
  /** Removes runs from the queue, unless they are being trained. */
  readonly withdraw: (runs: readonly QueuedRun[]) => Promise<void>;
  /** Runs of a study that are being trained. */
  readonly active: (study: string) => Promise<readonly ActiveRun[]>;
  /** Numbers of waiting and active runs of all studies. */
  readonly counts: () => Promise<{ readonly waiting: number; readonly active: number }>;
  /** Names of the machines that take runs. */
  readonly machines: () => Promise<readonly string[]>;
  readonly refusals: (study: string) => Promise<readonly Refusal[]>;
  readonly noteRefusal: (study: string, refusal: Refusal) => Promise<void>;
  readonly forgetRefusals: (study: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Name of a run in the queue. */
const queuedId = ({ study, job }: Pick<QueuedRun, "study" | "job">): string => `${study}-${job}`;

const refusalsKey = (study: string): string => `rangeflow:refusals:${study}`;

/** Seconds for which refusals are kept. */
const keptSeconds = 7 * 24 * 3600;

/** Progress of a job, as its worker reports it. */
export interface JobProgress {
  readonly share: number;
  readonly machine: string;
}

const activeRun = ({ data, progress }: Job<QueuedRun>): ActiveRun => {
  const { share = 0, machine = "" } = (typeof progress === "object" ? progress : {}) as Partial<JobProgress>;
  return { job: data.job, share, machine };
};

/** The queue on a server. Later errors are reported, each once until the connection works again. */
export const sweepQueue = (
  { bullmq, client: open }: Connection,
  tell: (sentence: string) => void,
): SweepQueue => {
  const client = open();
  const queue: Queue<QueuedRun> = new bullmq.Queue(queueName, { connection: client });
  tellTrouble(client, tell);
  queue.on("error", () => {});

  const offer = async (runs: readonly QueuedRun[]): Promise<number> => {
    const states = await Promise.all(runs.map((run) => queue.getJobState(queuedId(run))));
    const missing = runs.filter((_, i) => !["waiting", "active", "delayed"].includes(String(states[i])));
    await Promise.all(
      runs
        .filter((_, i) => states[i] === "completed" || states[i] === "failed")
        .map((run) => queue.remove(queuedId(run))),
    );
    await queue.addBulk(
      missing.map((data) => ({
        name: "train",
        data,
        opts: { jobId: queuedId(data), attempts: mostCrashes },
      })),
    );
    return missing.length;
  };

  return {
    offer,
    withdraw: async (runs) => {
      await Promise.all(runs.map((run) => queue.remove(queuedId(run))));
    },
    active: async (study) =>
      (await queue.getActive()).filter((job) => job?.data.study === study).map(activeRun),
    counts: async () => {
      const {
        waiting = 0,
        active = 0,
        delayed = 0,
      } = await queue.getJobCounts("waiting", "active", "delayed");
      return { waiting: waiting + delayed, active };
    },
    machines: async () => (await queue.getWorkers()).map(({ rawname, name }) => rawname ?? name ?? ""),
    refusals: async (study) =>
      Object.entries(await client.hgetall(refusalsKey(study))).map(([machine, why]) => ({ machine, why })),
    noteRefusal: async (study, { machine, why }) => {
      await client.hset(refusalsKey(study), machine, why);
      await client.expire(refusalsKey(study), keptSeconds);
    },
    forgetRefusals: async (study) => {
      await client.del(refusalsKey(study));
    },
    close: async () => {
      await queue.close();
      client.disconnect();
    },
  };
};

/** Reports when a server is lost, and when it is back. */
export const tellTrouble = (
  client: { readonly on: (event: string, call: (error: Error) => void) => unknown },
  tell: (sentence: string) => void,
): void => {
  let isAway = false;
  client.on("error", (error) => {
    if (!isAway) tell(`the queue is away (${error.message || "no answer"}); trying again until it is back`);
    isAway = true;
  });
  client.on("ready", () => {
    if (isAway) tell("the queue is back");
    isAway = false;
  });
};
