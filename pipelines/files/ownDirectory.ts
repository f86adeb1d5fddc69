/** @file A directory that a process makes or finds, owns, and leaves as it found it if nothing comes of it. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { syncDirectory } from "./atomic.ts";
import { codeOf, reasonOf } from "./fileErrors.ts";
import { type Lock, lockOf } from "./lock.ts";
import { makeDirectories, removeEmpty } from "./makeDirectories.ts";

export interface OwnDirectory extends Lock {
  readonly path: string;
  /** Gives the directory back, and removes it and those above it that were made for it, as far as they are empty. */
  readonly leave: () => void;
}

const cannotMake = (dir: string, error: unknown): RangeflowFailure =>
  new RangeflowFailure(
    problem(dir, `cannot be created (${reasonOf(error)})`, "a writable directory", "name another"),
  );

/** Makes a directory and those above it; the topmost one that was not there. */
const makeAll = (dir: string): string | undefined => {
  try {
    return makeDirectories(dir);
  } catch (error) {
    throw cannotMake(dir, error);
  }
};

/** Makes a directory unless anything of its name is there. */
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
 * Takes a directory, which is made if need be.
 *
 * @throws `RangeflowFailure` if it cannot be made or written, or another process works there
 */
export const ownDirectory = async (dir: string): Promise<OwnDirectory> => owned(dir, makeAll(dir));

/**
 * Takes a directory that nobody else has: the first of `name`, `name-2`, `name-3`, .. that is not there.
 *
 * @throws `RangeflowFailure` if it cannot be made
 */
export const ownNewDirectory = async (name: string): Promise<OwnDirectory> => {
  const top = makeAll(dirname(name));
  for (let n = 1; ; n++) {
    const dir = n === 1 ? name : `${name}-${n}`;
    if (makeNew(dir)) return owned(dir, top ?? dir);
  }
};
