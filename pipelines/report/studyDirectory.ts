/** @file Contents of a study's directory: the directories of its runs, and the failed runs in `runs.csv`. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { RangeflowFailure } from "../../core/errors.ts";
import { donePath } from "../runs/doneRecord.ts";
import { homeOf } from "../runs/runDirectory.ts";
import { failedRunsIn } from "../studies/runsCsv.ts";

/** Contents of a study's directory. */
export interface StudyDirectory {
  /** Directories of runs, by name. */
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

/** Contents of a directory as a study's; undefined if it holds a run, or no runs. */
export const studyIn = (dir: string): StudyDirectory | undefined => {
  if (homeOf(dir) !== undefined || existsSync(donePath(dir))) return undefined;
  const runs = subdirectories(dir)
    .map((name) => join(dir, name))
    .filter(isRun);
  if (runs.length === 0) return undefined;
  try {
    return { runs, failures: failedRunsIn(dir) };
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw error;
    return { runs, failures: new Map() };
  }
};
