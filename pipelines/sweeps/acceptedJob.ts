/** @file Checks a job before a machine takes it: whether the machine can train the run as planned. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { numerics } from "../../core/numerics.ts";
import { dataCatalogue } from "../data/dataCatalogue.ts";
import { isBuiltIn } from "../experiments/source.ts";
import { isDataFile } from "../settings/namedFiles.ts";
import { defaults, type Settings } from "../settings/settings.ts";
import { fileNamesIn } from "../settings/userFiles.ts";
import type { Store } from "../stores/store.ts";
import { version } from "../version.ts";
import { type JobDocument, readJob } from "./jobDocument.ts";
import type { QueuedRun } from "./queuedRun.ts";
import { studyIn } from "./study.ts";

/** What a machine may do, and where its data are. */
export interface Acceptance {
  /** Directory of the data. Default: the one in the plan. */
  readonly dataDir?: string;
  /** Train jobs that bring code of their own. Default: false. */
  readonly trust?: boolean;
}

/** Files with code that a job would execute: those that it brings, and those that it names, which may exist here already. */
const codeOf = ({ source, carried }: JobDocument): readonly string[] => {
  const named = isBuiltIn(source)
    ? fileNamesIn(source.wanted)
    : [source.file, ...fileNamesIn(source.changes)];
  return [...new Set([...carried.files.map(({ path }) => path), ...named])].filter(
    (path) => !isDataFile(path),
  );
};

/** Refuses a job that this machine cannot do as planned, so that another machine may. */
const checkJob = (job: JobDocument, trust: boolean): void => {
  if (job.version !== version || job.numerics !== numerics)
    throw new RangeflowFailure(
      problem(
        "work",
        `rangeflow ${version} (numerics ${numerics})`,
        `${job.version} (numerics ${job.numerics}), which planned the study`,
        `npm install rangeflow@${job.version}`,
      ),
    );
  const code = codeOf(job);
  if (code.length > 0 && !trust)
    throw new RangeflowFailure(
      problem(
        "work",
        `a job with code of a user's own (${code.join(", ")})`,
        "jobs of built-in experiments",
        "start the worker with --trust if you trust whoever fills the queue",
      ),
    );
};

/**
 * The job of a run, adapted to this machine; undefined if its store has no such job.
 *
 * @returns rejects with `RangeflowFailure` if the machine refuses
 */
export const acceptedJob = async (
  store: Store,
  { study, job: id }: QueuedRun,
  { dataDir, trust = false }: Acceptance,
): Promise<JobDocument | undefined> => {
  if ((await studyIn(store)) !== study)
    throw new RangeflowFailure(
      problem("work", `no such study in ${store.place}`, "the store of the study", "name it: --store DIR"),
    );
  const job = await readJob(store.documents, id);
  if (job === undefined) return undefined;
  checkJob(job, trust);
  if (!isBuiltIn(job.source)) return job;
  const wanted = { ...job.source.wanted, ...(dataDir !== undefined && { dataDir: resolve(dataDir) }) };
  const { data, dataDir: from } = { ...defaults, ...wanted } as Settings;
  if (!dataCatalogue[data].isEmbedded && !existsSync(from))
    throw new RangeflowFailure(
      problem(
        "work",
        `no directory ${from}`,
        `the files of ${data}`,
        "give their path on this machine with --data-dir DIR",
      ),
    );
  return { ...job, source: { ...job.source, wanted } };
};
