/** @file Directories that a process creates or finds, owns, and leaves unchanged if nothing comes of it. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { syncDirectory } from "./atomic.ts";
import { codeOf, reasonOf } from "./fileErrors.ts";
import { type Lock, lockOf } from "./lock.ts";
import { makeDirectories, removeEmpty } from "./makeDirectories.ts";

/** A directory that belongs to this process. */
export interface OwnDirectory extends Lock {
  readonly path: string;
  /** Releases the directory. Removes it, and parents that were created for it, if they are empty. */
  readonly leave: () => void;
}

const cannotMake = (dir: string, error: unknown): RangeflowFailure =>
  new RangeflowFailure(
    problem(dir, `cannot be created (${reasonOf(error)})`, "a writable directory", "name another"),
  );

/** Creates a directory and its parents. Returns the topmost one that was missing. */
const makeAll = (dir: string): string | undefined => {
  try {
    return makeDirectories(dir);
  } catch (error) {
    throw cannotMake(dir, error);
  }
};

/** Creates a directory unless its name is taken. */
const makeNew = (dir: string): boolean => {
  try {
    mkdirSync(dir);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw cannotMake(dir, error);
  }
};

const owned = async (path: string, top: string | undefined): Promise<OwnDirectory> => {
  const empty = (): void => {
    if (top !== undefined) removeEmpty(path, top);
  };
  let lock: Lock;
  try {
    lock = await lockOf(path);
  } catch (error) {
    empty();
    throw error;
  }
  syncDirectory(dirname(path));
  return {
    ...lock,
    path,
    leave: () => {
      lock.release();
      empty();
    },
  };
};

/**
 * Takes a directory, which is created if necessary.
 *
 * @throws `RangeflowFailure` if it cannot be created or written, or another process works there
 */
export const ownDirectory = async (dir: string): Promise<OwnDirectory> => owned(dir, makeAll(dir));

/**
 * Takes a new directory: the first of `name`, `name-2`, `name-3`, .. that does not exist.
 *
 * @throws `RangeflowFailure` if it cannot be created
 */
export const ownNewDirectory = async (name: string): Promise<OwnDirectory> => {
  const top = makeAll(dirname(name));
  for (let n = 1; ; n++) {
    const dir = n === 1 ? name : `${name}-${n}`;
    if (makeNew(dir)) return owned(dir, top ?? dir);
  }
};
