/**
 * @file Numbers of a study's jobs, for task arrays of schedulers. A job keeps its number when more are planned later, because a running
 *   array depends on it.
 */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { decodeSealed, encodeSealed } from "../files/sealedJson.ts";
import type { Documents } from "../stores/store.ts";
import type { PlannedRun } from "../studies/plan.ts";
import { jobIdOf } from "./jobDocument.ts";

const TasksCodec = t.type({ jobs: t.readonlyArray(t.string) });

/**
 * Names of the numbered jobs, from 0.
 *
 * @returns rejects with `RangeflowFailure` if the list is invalid
 */
export const tasksIn = async (documents: Documents): Promise<readonly string[]> => {
  const text = await documents.read("study", "tasks");
  if (text === undefined) return [];
  const hint =
    "remove the document tasks (.sweep/study/tasks in a directory), and plan the study again, which gives its runs new numbers: rangeflow compare .. --emit slurm";
  const list = TasksCodec.decode(decodeSealed("tasks of a study", text, hint));
  if (E.isRight(list)) return list.right.jobs;
  throw new RangeflowFailure(problem("tasks of a study", "a list of another version", "names of jobs", hint));
};

/**
 * Numbers the jobs of runs that have no number yet, in the order of the runs' names.
 *
 * @returns the numbers of all given runs, in ascending order
 */
export const numbered = async (
  documents: Documents,
  runs: readonly Pick<PlannedRun, "name" | "runId">[],
): Promise<readonly number[]> => {
  const before = await tasksIn(documents);
  const known = new Set(before);
  const added = runs
    .map((run) => ({ name: run.name, job: jobIdOf(run) }))
    .filter(({ job }) => !known.has(job))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ job }) => job);
  const jobs = [...before, ...added];
  if (added.length > 0) await documents.write("study", "tasks", encodeSealed({ jobs }));
  const wanted = new Set(runs.map(jobIdOf));
  return jobs.flatMap((job, task) => (wanted.has(job) ? [task] : []));
};
