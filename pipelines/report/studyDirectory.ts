/** @file Contents of a study's directory: the directories of its runs, and how others have failed. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { recovered } from "../files/recovered.ts";
import { studyFileName } from "../files/runNames.ts";
import { directoriesBelow } from "../runs/directoriesBelow.ts";
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
  /** Error message of each failed run, by its name. Those that the plan has, if there is one. */
  readonly failures: ReadonlyMap<string, string>;
  /** Names of failed runs that the plan does not have and of which nothing else is left. */
  readonly unplanned: readonly string[];
}

const isRun = (dir: string): boolean => homeOf(dir) === dir || existsSync(donePath(dir));

const subdirectories = (dir: string): readonly string[] => {
  try {
    return directoriesBelow(dir);
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

/** Names of planned runs; undefined without a plan that can be read. */
const plannedNamesIn = (dir: string): ReadonlySet<string> | undefined =>
  recovered(
    () => {
      const plan = studyFileIn(dir);
      return plan && new Set(plan.cells.flatMap(({ runs }) => runs.map(({ name }) => name)));
    },
    () => undefined,
  );

/** Contents of a directory as a study's, of which perhaps no run has begun; undefined if it holds a run, or neither runs nor a plan. */
export const studyIn = async (dir: string): Promise<StudyDirectory | undefined> => {
  if (homeOf(dir) !== undefined || existsSync(donePath(dir))) return undefined;
  const runs = subdirectories(dir)
    .map((name) => join(dir, name))
    .filter(isRun);
  if (runs.length === 0 && !existsSync(join(dir, studyFileName))) return undefined;
  const failures = [...(await failuresIn(dir))];
  const planned = plannedNamesIn(dir);
  const isPlanned = (name: string): boolean => planned?.has(name) ?? true;
  const there = new Set(runs.map((run) => basename(run)));
  return {
    runs,
    failures: new Map(failures.filter(([name]) => isPlanned(name))),
    unplanned: failures.flatMap(([name]) => (isPlanned(name) || there.has(name) ? [] : [name])),
  };
};

/** Refuses a study of which no run has begun, with what is known of it. */
export const checkHasRuns = (dir: string, { runs, failures }: StudyDirectory): void => {
  if (runs.length > 0) return;
  const planned = plannedNamesIn(dir)?.size;
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
