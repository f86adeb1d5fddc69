/** @file Finds the runs below a directory. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../files/fileErrors.ts";
import { runsCsvName, studyFileName } from "../files/runNames.ts";
import { statAt } from "../files/statAt.ts";
import { donePath } from "./doneRecord.ts";
import { holdsRun } from "./runDirectory.ts";

/** Largest depth of nested directories that is searched. */
const deepest = 8;

/** Result of a search for runs. */
export interface FoundRuns {
  /** Directories of runs. */
  readonly runs: readonly string[];
  /** Directories of studies, which contain runs. */
  readonly studies: readonly string[];
  /** Directories that cannot be read, and why. */
  readonly closed: readonly { readonly dir: string; readonly why: string }[];
}

const isThere = (path: string): boolean => statAt(path) !== undefined;

/** Searches a directory and its subdirectories for runs. Each run is found once, however many links lead to it. */
export const findRuns = (dir: string): FoundRuns => {
  const runs: string[] = [];
  const studies: string[] = [];
  const closed: { readonly dir: string; readonly why: string }[] = [];
  const visited = new Set<string>();
  const visit = (path: string, depth: number): void => {
    try {
      const stat = statAt(path);
      const key = `${stat?.dev}:${stat?.ino}`;
      if (!stat?.isDirectory() || visited.has(key)) return;
      visited.add(key);
      if (holdsRun(path) || isThere(donePath(path))) {
        runs.push(path);
        return;
      }
      if ([runsCsvName, studyFileName].some((name) => isThere(join(path, name)))) studies.push(path);
      if (depth === deepest) return;
      for (const entry of readdirSync(path, { withFileTypes: true }))
        if ((entry.isDirectory() || entry.isSymbolicLink()) && !/^(\.|node_modules$)/.test(entry.name))
          visit(join(path, entry.name), depth + 1);
    } catch (error) {
      closed.push({ dir: path, why: reasonOf(error) });
    }
  };
  visit(dir, 0);
  return { runs, studies, closed };
};
