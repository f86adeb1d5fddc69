/** @file Moves a run to another directory, and removes directories that are no longer needed. */
import { randomUUID } from "node:crypto";
import { readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { growAtomically } from "../files/atomic.ts";
import { cannotWrite, codeOf } from "../files/fileErrors.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { type SnapshotFile, snapshotOf } from "./snapshot.ts";

const piece = 1 << 22;

/** Copies a file of a run into another directory, atomically. */
const copy = ({ path, size, read }: SnapshotFile, to: string): void => {
  const target = join(to, path);
  try {
    makeDirectories(dirname(target));
  } catch (error) {
    throw cannotWrite(target, error);
  }
  const file = growAtomically(target);
  try {
    for (let at = 0; at < size; at += piece) file.append(read(at, Math.min(at + piece, size)));
    file.commit();
  } finally {
    file.discard();
  }
};

/**
 * Copies a run that may still be written to into another directory, so that it can be resumed there: a finished run completely, another
 * one up to its checkpoint, which is copied last. So whenever this process ends, a checkpoint has all files that it needs. Later rows are
 * dropped when the run is resumed.
 *
 * @returns whether there was anything to resume
 * @throws `RangeflowFailure` if a file cannot be read or written
 */
export const takeOver = async (from: string, to: string): Promise<boolean> => {
  const snapshot = await snapshotOf(from);
  if (snapshot === undefined) return false;
  try {
    for (const file of snapshot.files) copy(file, to);
    return true;
  } finally {
    snapshot.close();
  }
};

const removed = ".removed-";

const removeNow = (dir: string): void => {
  try {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // A network file system keeps files that are open. They are removed when a later attempt begins.
  }
};

/**
 * Removes a directory atomically, unless it is gone: it is renamed before its files are removed, so nobody who renames it can get only a
 * part of them.
 *
 * @throws `RangeflowFailure` if the disk refuses
 */
export const removeAtOnce = (dir: string): void => {
  const going = join(dirname(dir), `${removed}${randomUUID()}`);
  try {
    renameSync(dir, going);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw cannotWrite(dir, error);
  }
  removeNow(going);
};

/** Removes what processes that were killed during a removal have left. */
export const removeRest = (dir: string): void => {
  for (const name of readdirSync(dir)) if (name.startsWith(removed)) removeNow(join(dir, name));
};
