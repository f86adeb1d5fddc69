/** @file One task of a job array: trains and commits the run with a given number, without a queue. */
import { map, merge, NEVER, Observable, ReplaySubject } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Resources } from "../runs/resources.ts";
import { openStore } from "../stores/openStore.ts";
import type { Store } from "../stores/store.ts";
import { workersIn } from "../studies/workers.ts";
import { type Acceptance, acceptedJob } from "./acceptedJob.ts";
import { carriedPlaces } from "./carriedFiles.ts";
import { type JobDocument, readJob, writeFailure } from "./jobDocument.ts";
import { type JobEnd, type Killed, machine, runJob } from "./oneJob.ts";
import { cancelled, isCancelled, studyIn } from "./study.ts";
import { tasksIn } from "./taskList.ts";
import type { WorkEvent } from "./workEvents.ts";

/** Options of `workTask`. */
export interface TaskOptions extends Acceptance {
  /** Store of the study. */
  readonly store: string;
  /** Number of the run in its study, from 0. */
  readonly task: number;
  /** Threads of the run. Default: as planned. */
  readonly threads?: Resources["threads"];
  /** Its first value stops the run at its next batch; the same task resumes it later. Default: never. */
  readonly stop$?: Observable<unknown>;
}

const plan = "plan it: rangeflow compare .. --emit slurm";

const missing = ({ place }: Pick<Store, "place">, id: string): RangeflowFailure =>
  new RangeflowFailure(problem("work --task", `no job ${id} in ${place}`, "that of the task", plan));

/** Name and content of the job with a number. */
const jobOf = async ({ place, documents }: Store, task: number): Promise<[string, JobDocument]> => {
  const jobs = await tasksIn(documents);
  if (jobs.length === 0)
    throw new RangeflowFailure(problem("work --task", `no tasks in ${place}`, "the store of a study", plan));
  const id = jobs[task];
  if (id === undefined)
    throw new RangeflowFailure(
      problem("work --task", `task ${task}`, `one of ${place}: 0 to ${jobs.length - 1}`),
    );
  const job = await readJob(documents, id);
  if (job === undefined) throw missing({ place }, id);
  return [id, job];
};

const trained = async (
  store: Store,
  id: string,
  job: JobDocument,
  { threads, stop$ = NEVER }: TaskOptions,
  kill$: Observable<Killed>,
): Promise<JobEnd> => {
  const { documents } = store;
  const places = carriedPlaces();
  let end: JobEnd;
  try {
    const workers = workersIn(await places.of(documents, job.carried));
    // A failure before counts until this machine is able to train the run again.
    await documents.remove("failed", id);
    try {
      end = await runJob(store, job, {
        ...{ workers, stop$, kill$ },
        resources: { ...job.resources, ...(threads !== undefined && { threads }) },
        progress: () => {},
        // The store alone says whose a task is.
        isOurs: async () => true,
      });
    } finally {
      workers.close();
    }
  } finally {
    places.close();
  }
  if (end.end === "failed" || end.end === "crashed")
    await writeFailure(documents, id, { name: job.name, machine, message: end.message });
  return end;
};

/**
 * Trains the run with a number, as each array task in the script of `emitSlurm` does, from the checkpoint of the previous attempt if
 * there is one. Does nothing for a committed run.
 *
 * @param options store, number of the task, and what this machine may do
 * @returns events, the last of which says how the run has ended. Errors with `RangeflowFailure` if it cannot be trained here.
 *   Unsubscribing kills its process
 * @example not run: it needs a study that was planned
 * import { workTask } from "rangeflow/pipelines";
 *
 * workTask({ store: "runs/bits", task: 0 }).subscribe(console.log);
 */
export const workTask = (options: TaskOptions): Observable<WorkEvent> =>
  new Observable((subscriber) => {
    const closing = new ReplaySubject<void>(1);
    const work = async (): Promise<void> => {
      const store = await openStore(options.store);
      const [id, planned] = await jobOf(store, options.task);
      const run = planned.name;
      const end = (how: JobEnd): void => subscriber.next({ event: "ended", run, ...how });
      if ((await store.committed()).has(run)) return end({ end: "done", committed: false });
      if (await isCancelled(store))
        throw new RangeflowFailure(
          problem("work --task", `a study that was cancelled, in ${store.place}`, "one that continues", plan),
        );
      const study = (await studyIn(store)) ?? "";
      const job = await acceptedJob(store, { study, job: id, place: store.place }, options);
      if (job === undefined) throw missing(store, id);
      if (subscriber.closed) return;
      subscriber.next({ event: "begun", run });
      const lost$ = closing.pipe(map(() => "lost" as const));
      end(await trained(store, id, job, options, merge(lost$, cancelled(store))));
    };
    work().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => closing.next();
  });
