/** @file A run that goes on in another directory, and directories that are not needed any more. */
import { randomUUID } from "node:crypto";
import { readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { growAtomically } from "../files/atomic.ts";
import { cannotWrite, codeOf } from "../files/fileErrors.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { type SnapshotFile, snapshotOf } from "./snapshot.ts";

const piece = 1 << 22;

/** Copies a file of a run into another directory; it is there as a whole or not at all. */
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
 * Copies a run that may still be written to into a directory of its own, so that it can go on there: one that has ended whole, another one
 * from its checkpoint, which comes last. So whenever this process ends, a checkpoint has all that it needs, and what was
 * written behind it is cut off where the run goes on.
 *
 * @returns whether there was anything that a run can go on from
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
    // A network disk keeps what somebody has open: it goes when a later attempt begins.
  }
};

/**
 * Removes a directory at once, or finds that it is gone: it loses its name before its files, so nobody who gives it another name can get a
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

/** Removes what processes that were killed in the middle of it have left. */
export const removeRest = (dir: string): void => {
  for (const name of readdirSync(dir)) if (name.startsWith(removed)) removeNow(join(dir, name));
};
