/** @file Contents of a study's directory: the directories of its runs, and how others have failed. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { recovered } from "../files/recovered.ts";
import { studyFileName } from "../files/runNames.ts";
import { directoriesBelow } from "../runs/directoriesBelow.ts";
import { donePath, doneRecordIn } from "../runs/doneRecord.ts";
import { homeOf } from "../runs/runDirectory.ts";
import { directoryDocuments } from "../stores/directoryDocuments.ts";
import { failedRunsIn } from "../studies/runsCsv.ts";
import { type StudyFile, studyFileIn } from "../studies/studyFile.ts";
import { failuresOf } from "../sweeps/study.ts";
import { plannedRunOf } from "./plannedCells.ts";

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
const failuresIn = async (dir: string): Promise<ReadonlyMap<string, string>> => {
  const documents = directoryDocuments(dir);
  const ofSweep = await failuresOf({ documents }, await documents.list("failed"));
  return new Map([
    ...[...ofSweep.values()].map(({ name, message }) => [name, message] as const),
    ...recovered(
      () => failedRunsIn(dir),
      () => new Map<string, string>(),
    ),
  ]);
};

/** The plan of a study; undefined without one that can be read. */
const planIn = (dir: string): StudyFile | undefined =>
  recovered(
    () => studyFileIn(dir),
    () => undefined,
  );

/** Names of finished runs: those that their study has planned for them, whatever their directories are called. */
const finishedNames = (runs: readonly string[], plan: StudyFile | undefined): ReadonlySet<string> => {
  const planned = plan && plannedRunOf(plan);
  return new Set(
    runs.flatMap((dir) => {
      const record = recovered(
        () => doneRecordIn(dir),
        () => undefined,
      );
      if (record === undefined) return [];
      const directory = basename(dir);
      return [planned?.({ directory, identity: record.identity })?.name ?? directory];
    }),
  );
};

/** Contents of a directory as a study's, of which perhaps no run has begun; undefined if it holds a run, or neither runs nor a plan. */
export const studyIn = async (dir: string): Promise<StudyDirectory | undefined> => {
  if (homeOf(dir) !== undefined || existsSync(donePath(dir))) return undefined;
  const runs = subdirectories(dir)
    .map((name) => join(dir, name))
    .filter(isRun);
  if (runs.length === 0 && !existsSync(join(dir, studyFileName))) return undefined;
  const all = [...(await failuresIn(dir))];
  if (all.length === 0) return { runs, failures: new Map(), unplanned: [] };
  const plan = planIn(dir);
  const finished = finishedNames(runs, plan);
  // A run that failed on one machine may have finished on another.
  const failures = all.filter(([name]) => !finished.has(name));
  const planned = plan && new Set(plan.cells.flatMap((cell) => cell.runs.map(({ name }) => name)));
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
  const planned = planIn(dir)?.cells.flatMap((cell) => cell.runs).length;
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
