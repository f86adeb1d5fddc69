/** @file A study in its store: its name, whether it was cancelled, and what is left of it. */
import { randomBytes } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import { exhaustMap, filter, from, map, type Observable, take, timer } from "rxjs";
import type { Store } from "../stores/store.ts";
import { caught } from "../studies/caught.ts";
import { type JobFailure, readFailure, readJob } from "./jobDocument.ts";
import type { QueuedRun } from "./queuedRun.ts";

/** Name of the study of a store; undefined if none was planned for a queue. */
export const studyIn = ({ documents }: Store): Promise<string | undefined> => documents.read("study", "id");

/** Name of the study of a store. It is created if there is none. */
export const namedStudy = async (store: Store): Promise<string> => {
  await store.documents.writeNew("study", "id", randomBytes(8).toString("hex"));
  return (await studyIn(store)) as string;
};

export const isCancelled = async ({ documents }: Store): Promise<boolean> =>
  (await documents.read("study", "cancelled")) !== undefined;

/** Milliseconds between checks whether a study was cancelled. */
const looksEvery = 2000;

/** Emits once, when the study of a store is cancelled. */
export const cancelled = (store: Store): Observable<"cancelled"> =>
  timer(looksEvery, looksEvery).pipe(
    // An unreachable store counts as not cancelled.
    exhaustMap(() => from(isCancelled(store).catch(() => false))),
    filter((is) => is),
    take(1),
    map(() => "cancelled"),
  );

export const cancel = ({ documents }: Store): Promise<void> =>
  documents.write("study", "cancelled", new Date().toISOString());

export const uncancel = ({ documents }: Store): Promise<void> => documents.remove("study", "cancelled");

/** State of a study. */
export interface StudyState {
  /** Names of the jobs of all its runs. */
  readonly jobs: readonly string[];
  /** Names of jobs whose runs are committed. */
  readonly done: readonly string[];
  /** Names of jobs whose runs have failed and are not committed. */
  readonly failed: readonly string[];
  /** Names of all other jobs. */
  readonly left: readonly string[];
}

/**
 * State of a study, from its store alone.
 *
 * @param names cache of run names by job name; missing ones are added
 */
export const studyState = async (store: Store, names: Map<string, string>): Promise<StudyState> => {
  const { documents } = store;
  const [jobs, failures, committed] = await Promise.all([
    documents.list("jobs"),
    documents.list("failed"),
    store.committed(),
  ]);
  for (const job of jobs)
    if (!names.has(job)) {
      const found = await readJob(documents, job);
      if (found !== undefined) names.set(job, found.name);
    }
  const isDone = (job: string): boolean => committed.has(names.get(job) ?? "");
  const hasFailed = new Set(failures);
  return {
    jobs,
    done: jobs.filter(isDone),
    failed: jobs.filter((job) => !isDone(job) && hasFailed.has(job)),
    left: jobs.filter((job) => !isDone(job) && !hasFailed.has(job)),
  };
};

/** Runs as entries of a queue. */
export const queued = (
  study: string,
  { place }: Pick<Store, "place">,
  jobs: readonly string[],
): readonly QueuedRun[] => jobs.map((job) => ({ study, place, job }));

const unreadable = "its failure cannot be read";

/** Failures of jobs, by job. A failure that cannot be read has the name of its job. */
export const failuresOf = async (
  { documents }: Pick<Store, "documents">,
  jobs: readonly string[],
): Promise<ReadonlyMap<string, Pick<JobFailure, "name" | "message">>> => {
  const failures = await Promise.all(
    jobs.map(async (job) => {
      const failure = await caught(() => readFailure(documents, job));
      return [job, (E.isRight(failure) && failure.right) || { name: job, message: unreadable }] as const;
    }),
  );
  return new Map(failures);
};
