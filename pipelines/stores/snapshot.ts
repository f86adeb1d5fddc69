/** @file Snapshot of a run's files while the run continues: what is needed to resume it elsewhere, with the same bits. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { cannotRead, codeOf } from "../files/fileErrors.ts";
import { openRegular, type RegularFile } from "../files/regularFile.ts";
import { runNames } from "../files/runNames.ts";
import { donePath } from "../runs/doneRecord.ts";
import { checkpointIn } from "../runs/runDirectory.ts";

/** A file of a run, open until its snapshot is closed, so that a replacement with the same name is not seen. */
export interface SnapshotFile extends Omit<RegularFile, "close"> {
  /** Path relative to the directory of the run, with `/` as separator. */
  readonly path: string;
}

/** A state that a run can be resumed from. */
export interface Snapshot {
  /** All of its files, the checkpoint last. */
  readonly files: readonly SnapshotFile[];
  readonly close: () => void;
}

const checkpoint = checkpointIn("");
const done = donePath("");

/** Whether a file is a lock or is being written or removed. Such files are not part of a run. */
const isPassing = (name: string): boolean => name.startsWith(runNames.lock) || name.endsWith(".partial");

const pathsBelow = (dir: string): readonly string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (isPassing(entry.name)) return [];
    if (!entry.isDirectory()) return [entry.name];
    return pathsBelow(join(dir, entry.name)).map((path) => `${entry.name}/${path}`);
  });

const isSums = (path: string): boolean => path.endsWith(".sums");

/**
 * Paths of the files other than the checkpoint, in the order in which to open them: the sums of chunks before the chunks, so that there
 * are data for all sums. Sums without data belong to a segment that does not count yet, or no longer.
 */
const others = (dir: string, hasEnded: boolean): readonly string[] => {
  const all = pathsBelow(dir).filter((path) => path !== checkpoint && (hasEnded || path !== done));
  const counted = all.filter((path) => !isSums(path) || all.includes(path.replace(/sums$/, "arrows")));
  return [...counted.filter(isSums), ...counted.filter((path) => !isSums(path))];
};

/** Opens all files; undefined if some were renamed or removed meanwhile. */
const openAll = (dir: string): Snapshot | undefined => {
  const open: RegularFile[] = [];
  const close = (): void => {
    for (const file of open) file.close();
  };
  let paths: readonly string[] = [];
  const isUnchanged = (hasEnded: boolean): boolean => {
    try {
      return String(others(dir, hasEnded)) === String(paths);
    } catch {
      return false;
    }
  };
  const file = (path: string): SnapshotFile => {
    const opened = openRegular(join(dir, path), "a file of a run");
    open.push(opened);
    return { ...opened, path };
  };
  // Checked first: only what was written before the final record is the final state.
  const hasEnded = existsSync(donePath(dir));
  try {
    // Opened first: the other files contain what it needs. Anything beyond it is dropped when the run is resumed.
    const saved = file(checkpoint);
    paths = others(dir, hasEnded);
    const files = [...paths.map(file), saved];
    if (isUnchanged(hasEnded)) return { files, close };
  } catch (error) {
    if (isUnchanged(hasEnded) && existsSync(checkpointIn(dir))) {
      close();
      throw codeOf(error) === undefined ? error : cannotRead(dir, error, "the directory of a run");
    }
  }
  close();
  return undefined;
};

/** Number of times to look at a directory whose files change, as they do when a run begins and ends. */
const mostLooks = 100;
const lookEvery = 20;

/**
 * Opens the files of a run in a consistent state, whatever its process does meanwhile.
 *
 * @returns undefined if there is no checkpoint, and hence nothing to resume
 * @throws `RangeflowFailure` if they cannot be read
 */
export const snapshotOf = async (dir: string): Promise<Snapshot | undefined> => {
  for (let looks = 0; looks < mostLooks; looks++) {
    if (!existsSync(checkpointIn(dir))) return undefined;
    const snapshot = openAll(dir);
    if (snapshot !== undefined) return snapshot;
    await sleep(lookEvery);
  }
  throw new RangeflowFailure(
    problem(dir, "files that keep being renamed", "the directory of one run", "wait until its process ends"),
  );
};
