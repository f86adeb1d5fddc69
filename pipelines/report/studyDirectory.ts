/** @file What the directory of a study holds: the directories of its runs, and what `runs.csv` tells of those that have failed. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { RangeflowFailure } from "../../core/errors.ts";
import { donePath } from "../runs/doneRecord.ts";
import { homeOf } from "../runs/runDirectory.ts";
import { failedRunsIn } from "../studies/runsCsv.ts";

export interface StudyDirectory {
  /** Directories of runs, by name. */
  readonly runs: readonly string[];
  /** Message of each run that has failed, by its name. */
  readonly failures: ReadonlyMap<string, string>;
}

const isRun = (dir: string): boolean => homeOf(dir) === dir || existsSync(donePath(dir));

const subdirectories = (dir: string): readonly string[] => {
  try {
    return (
      readdirSync(dir, { withFileTypes: true })
        // Attempts at runs of a sweep begin with a dot.
        .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
        .map(({ name }) => name)
        .toSorted()
    );
  } catch {
    // What cannot be listed is no study; whoever reads it as a run says why it cannot be read.
    return [];
  }
};

/** What a directory holds as that of a study; undefined where it is that of a run, or of no run at all. */
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
