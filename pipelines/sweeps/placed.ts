/** @file A study planned for other machines: its runs as documents of its store. */
import { resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { isBuiltIn } from "../experiments/source.ts";
import { type Resources, saidResources } from "../runs/resources.ts";
import { openStore } from "../stores/openStore.ts";
import { planDocument, type Store } from "../stores/store.ts";
import type { Comparing } from "../studies/comparing.ts";
import { canBeSent } from "../studies/oneRun.ts";
import { type Plan, type PlannedRun, type PlanOptions, planOf } from "../studies/plan.ts";
import type { Experiments } from "../studies/rivals.ts";
import { studyFileOf, studyFileText, writeStudyFile } from "../studies/studyFile.ts";
import { carry } from "./carriedFiles.ts";
import { type JobDocument, jobIdOf, jobOf, writeJob } from "./jobDocument.ts";
import { namedStudy, uncancel } from "./study.ts";

/** Built-in experiments with the absolute path of their data, because workers have other working directories. */
const portable = (source: JobDocument["source"]): JobDocument["source"] => {
  if (!isBuiltIn(source) || !source.wanted.dataDir) return source;
  return { ...source, wanted: { ...source.wanted, dataDir: resolve(source.wanted.dataDir) } };
};

/**
 * Writes the jobs of a plan into its store.
 *
 * @param asked option that requires it, for messages
 * @returns rejects with `RangeflowFailure` for experiments that cannot be sent
 */
const writeJobs = async (
  store: Store,
  runs: readonly PlannedRun[],
  options: Partial<Resources>,
  asked: string,
): Promise<void> => {
  const written = new Set(await store.documents.list("files"));
  for (const { source, identity, threads, ...run } of runs) {
    if (!canBeSent(source))
      throw new RangeflowFailure(
        problem(
          asked,
          "an experiment that was made in code",
          "built-in experiments, or those of files, which can be sent to other machines",
          "export it from a file: experimentFile(FILE)",
        ),
      );
    const carried = await carry(store.documents, identity.files, written, asked);
    await writeJob(
      store.documents,
      jobOf({ ...run, source: portable(source) }, { ...saidResources(options), threads }, carried),
    );
  }
};

/** The plan of a study, with the finished runs in its store. */
export const planIn = async (
  experiments: Experiments,
  options: PlanOptions,
): Promise<{ readonly store: Store; readonly plan: Plan }> => {
  const store = await openStore(options.out);
  await store.fetchAll("record");
  return { store, plan: await planOf(experiments, { ...options, out: store.dir }) };
};

/**
 * Saves the plan in the directory of the study, and for object stores also as a document, because other machines have directories of
 * their own.
 */
const keepStudyFile = async ({ dir, place, documents }: Store, plan: Plan, comparing: Comparing) => {
  const study = studyFileOf(plan, comparing);
  if (place !== dir) await documents.write("study", planDocument, studyFileText(study));
  writeStudyFile(dir, study);
};

/** A plan whose jobs are documents of its store. */
interface PlacedPlan {
  /** Name of the study. */
  readonly study: string;
  /** Unfinished runs. */
  readonly left: readonly PlannedRun[];
}

/**
 * Writes what is left of a plan into its store, where machines find it. A cancelled study is continued, and failed runs are tried again.
 *
 * @param asked option that requires it, for messages
 */
export const placed = async (
  store: Store,
  plan: Plan,
  options: Partial<Resources> & Comparing,
  asked: string,
): Promise<PlacedPlan> => {
  const study = await namedStudy(store);
  const left = plan.runs.filter(({ record }) => record === undefined);
  await writeJobs(store, left, options, asked);
  for (const one of left) await store.documents.remove("failed", jobIdOf(one));
  await uncancel(store);
  await keepStudyFile(store, plan, options);
  return { study, left };
};
