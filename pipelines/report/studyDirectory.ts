/** @file Contents of a study's directory: the directories of its runs, and how others have failed. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { recovered } from "../files/recovered.ts";
import { studyFileName } from "../files/runNames.ts";
import { donePath } from "../runs/doneRecord.ts";
import { homeOf } from "../runs/runDirectory.ts";
import { directoryDocuments } from "../stores/directoryDocuments.ts";
import { failedRunsIn } from "../studies/runsCsv.ts";
import { studyFileIn } from "../studies/studyFile.ts";
import { failedRunsOf } from "../sweeps/failedRuns.ts";

/** Contents of a study's directory. */
export interface StudyDirectory {
  /** Directories of runs, in the order of their names. */
  readonly runs: readonly string[];
  /** Error message of each failed run, by its name. */
  readonly failures: ReadonlyMap<string, string>;
}

const isRun = (dir: string): boolean => homeOf(dir) === dir || existsSync(donePath(dir));

const subdirectories = (dir: string): readonly string[] => {
  try {
    return (
      readdirSync(dir, { withFileTypes: true })
        // Names of unfinished attempts of a sweep begin with a dot.
        .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
        .map(({ name }) => name)
        .toSorted()
    );
  } catch {
    // An unreadable directory is no study. Reading it as a run reports why it cannot be read.
    return [];
  }
};

/** Failures in `runs.csv`, which `compare` writes, and in the documents of a sweep. */
const failuresIn = async (dir: string): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ...(await failedRunsOf(directoryDocuments(dir))),
    ...recovered(
      () => failedRunsIn(dir),
      () => new Map<string, string>(),
    ),
  ]);

/** Contents of a directory as a study's, of which perhaps no run has begun; undefined if it holds a run, or neither runs nor a plan. */
export const studyIn = async (dir: string): Promise<StudyDirectory | undefined> => {
  if (homeOf(dir) !== undefined || existsSync(donePath(dir))) return undefined;
  const runs = subdirectories(dir)
    .map((name) => join(dir, name))
    .filter(isRun);
  if (runs.length === 0 && !existsSync(join(dir, studyFileName))) return undefined;
  return { runs, failures: await failuresIn(dir) };
};

/** Refuses a study of which no run has begun, with what is known of it. */
export const checkHasRuns = (dir: string, { runs, failures }: StudyDirectory): void => {
  if (runs.length > 0) return;
  const planned = recovered(
    () => studyFileIn(dir)?.cells.flatMap((cell) => cell.runs).length,
    () => undefined,
  );
  const [[name, message] = []] = failures;
  const failed = name === undefined ? "" : `; ${failures.size} failed, such as ${name}: ${message}`;
  throw new RangeflowFailure(
    problem(
      dir,
      `a study none of whose runs has left anything, ${planned ?? "?"} planned${failed}`,
      "a study with at least one run",
      "the same rangeflow compare trains them",
    ),
  );
};
