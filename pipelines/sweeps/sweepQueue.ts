/**
 * @file The queue of all studies on a server, in words of this package. It holds which runs might be trained next and who trains them, and
 * nothing that cannot be written again from the stores.
 */
import type { Job, Queue } from "bullmq";
import type { QueuedRun } from "./queuedRun.ts";
import type { Connection } from "./redis.ts";

/** Name of the queue. */
export const queueName = "rangeflow";

/** Seconds after which a worker that says nothing has lost its runs. */
export const standardLock = 30;

/** How often a run whose process ends without a word is tried. */
export const mostCrashes = 5;

/** A machine that has given runs of a study back, and why. */
export interface Refusal {
  readonly machine: string;
  readonly why: string;
}

/** A run that is being trained. */
export interface ActiveRun {
  readonly job: string;
  /** Share of its steps, from 0 to 1. */
  readonly share: number;
  readonly machine: string;
}

export interface SweepQueue {
  /** Adds runs that are not in the queue, whatever became of them there before; how many. */
  readonly offer: (runs: readonly QueuedRun[]) => Promise<number>;
  /** Takes runs out of the queue, as far as nobody trains them. */
  readonly withdraw: (runs: readonly QueuedRun[]) => Promise<void>;
  /** Runs of a study that are being trained. */
  readonly active: (study: string) => Promise<readonly ActiveRun[]>;
  /** Numbers of runs of all studies that wait, and that are being trained. */
  readonly counts: () => Promise<{ readonly waiting: number; readonly active: number }>;
  /** Names of the machines that take runs. */
  readonly machines: () => Promise<readonly string[]>;
  readonly refusals: (study: string) => Promise<readonly Refusal[]>;
  readonly noteRefusal: (study: string, refusal: Refusal) => Promise<void>;
  readonly forgetRefusals: (study: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The name of a run in the queue. */
const queuedId = ({ study, job }: Pick<QueuedRun, "study" | "job">): string => `${study}-${job}`;

const refusalsKey = (study: string): string => `rangeflow:refusals:${study}`;

/** Seconds that refusals are kept. */
const keptSeconds = 7 * 24 * 3600;

/** Progress of a job, as its worker tells it. */
export interface JobProgress {
  readonly share: number;
  readonly machine: string;
}

const activeRun = ({ data, progress }: Job<QueuedRun>): ActiveRun => {
  const { share = 0, machine = "" } = (typeof progress === "object" ? progress : {}) as Partial<JobProgress>;
  return { job: data.job, share, machine };
};

/** The queue on a server; what goes wrong there later is told, once until it works again. */
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

/** Tells when a server goes away, and when it is there again. */
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
