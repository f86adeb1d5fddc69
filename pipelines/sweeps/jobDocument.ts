/** @file A job: everything that a machine needs to train a run, as a document of the study's store. Queues contain only its name. */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { numerics } from "../../core/numerics.ts";
import type { BuiltIn, ExperimentFile } from "../experiments/source.ts";
import { decodeSealed, encodeSealed } from "../files/sealedJson.ts";
import { sha256Of } from "../files/sha256.ts";
import type { Resources } from "../runs/resources.ts";
import type { Documents } from "../stores/store.ts";
import type { PlannedRun } from "../studies/plan.ts";
import { version } from "../version.ts";
import { type CarriedFiles, CarriedFilesCodec } from "./carriedFiles.ts";

/** A job. */
export interface JobDocument {
  /** Name of the run's directory. */
  readonly name: string;
  /** Id of the run. */
  readonly runId: string;
  readonly source: BuiltIn | ExperimentFile;
  /** Requested resources. A machine may have others. */
  readonly resources: Partial<Resources>;
  /** Version of the package that planned the run, and of its numerics. */
  readonly version: string;
  readonly numerics: number;
  /** User files. */
  readonly carried: CarriedFiles;
}

const SourceCodec = t.union([
  t.type({ from: t.literal("settings"), wanted: t.UnknownRecord }),
  t.type({ from: t.literal("file"), file: t.string, options: t.UnknownRecord, changes: t.UnknownRecord }),
]);

const JobCodec = t.type({
  name: t.string,
  runId: t.string,
  source: SourceCodec,
  resources: t.UnknownRecord,
  version: t.string,
  numerics: t.number,
  carried: CarriedFilesCodec,
});

/**
 * Name of a run's job, unique in its study: the hash of its identity and of its name, because a study may vary settings that change no
 * bit.
 */
export const jobIdOf = ({ runId, name }: Pick<PlannedRun, "runId" | "name">): string =>
  `${runId}-${sha256Of(name).slice(0, 8)}`;

/** The job of a planned run, whose experiment is plain data. */
export const jobOf = (
  { name, runId, source }: Pick<PlannedRun, "name" | "runId"> & Pick<JobDocument, "source">,
  resources: Partial<Resources>,
  carried: CarriedFiles,
): JobDocument => ({ name, runId, source, resources, version, numerics, carried });

export const writeJob = (documents: Documents, job: JobDocument): Promise<void> =>
  documents.write("jobs", jobIdOf(job), encodeSealed(job));

/**
 * The job of a name; undefined if there is none.
 *
 * @returns rejects with `RangeflowFailure` if it is invalid or was changed
 */
export const readJob = async (documents: Documents, id: string): Promise<JobDocument | undefined> => {
  const text = await documents.read("jobs", id);
  if (text === undefined) return undefined;
  const hint = "plan the study again: rangeflow compare .. --queue";
  const job = JobCodec.decode(decodeSealed(`job ${id}`, text, hint));
  if (E.isRight(job) && jobIdOf(job.right) === id) return job.right as JobDocument;
  throw new RangeflowFailure(problem(`job ${id}`, "a job of another version", "one of this version", hint));
};

/** A run that failed on every machine that tried it. */
export interface JobFailure {
  readonly name: string;
  readonly message: string;
  /** Machine of the last attempt. */
  readonly machine: string;
}

const FailureCodec = t.type({ name: t.string, message: t.string, machine: t.string });

export const writeFailure = (documents: Documents, id: string, failure: JobFailure): Promise<void> =>
  documents.write("failed", id, encodeSealed(failure));

/** The failure of a job; undefined if it has not failed, or its document cannot be read. */
export const readFailure = async (documents: Documents, id: string): Promise<JobFailure | undefined> => {
  const text = await documents.read("failed", id);
  if (text === undefined) return undefined;
  const failure = FailureCodec.decode(decodeSealed(`failure of job ${id}`, text, "remove it"));
  return E.isRight(failure) ? failure.right : undefined;
};
