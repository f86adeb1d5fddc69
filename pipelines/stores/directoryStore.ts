/**
 * @file A store in a directory, of this machine or shared by many.
 *
 *     DIR/RUN                  a committed run, as `compare` leaves it
 *     DIR/.attempt-RUNID-N     attempt N of a run; as deep as RUN, so that relative paths in it stay right when it gets that name
 *     DIR/.sweep/KIND/NAME     documents
 *
 * Attempts are numbered by making their directories, which one process alone can do for each number. A commit renames one.
 */
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { syncDirectory, writeAtomically } from "../files/atomic.ts";
import { cannotRead, cannotWrite, codeOf } from "../files/fileErrors.ts";
import { lockNow } from "../files/lock.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { readText } from "../files/regularFile.ts";
import { donePath, doneRecordIn } from "../runs/doneRecord.ts";
import { holdsRun } from "../runs/runDirectory.ts";
import { removeAll, takeOver } from "./attemptFiles.ts";
import type { Attempt, Commit, DocumentKind, Documents, Store, StoredRun } from "./store.ts";

const namesIn = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw cannotRead(dir, error, "the directory of a study");
  }
};

const make = (dir: string): void => {
  try {
    makeDirectories(dir);
  } catch (error) {
    throw cannotWrite(dir, error);
  }
};

const documentsIn = (dir: string): Documents => {
  const of = (kind: DocumentKind): string => join(dir, ".sweep", kind);
  const pathOf = (kind: DocumentKind, name: string): string => join(of(kind), name);
  const write = (path: string, text: string): void => {
    writeAtomically(path, [new TextEncoder().encode(text)]);
  };
  return {
    list: async (kind) => namesIn(of(kind)).filter((name) => !name.endsWith(".partial")),
    read: async (kind, name) => {
      const path = pathOf(kind, name);
      return existsSync(path) ? readText(path, "a document of a study") : undefined;
    },
    write: async (kind, name, text) => {
      make(of(kind));
      write(pathOf(kind, name), text);
    },
    writeNew: async (kind, name, text) => {
      make(of(kind));
      const path = pathOf(kind, name);
      const own = `${path}.${process.pid}-${performance.now()}.partial`;
      write(own, text);
      try {
        linkSync(own, path);
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw cannotWrite(path, error);
      } finally {
        rmSync(own, { force: true });
      }
    },
    remove: async (kind, name) => rmSync(pathOf(kind, name), { force: true }),
  };
};

const attemptName = (runId: string, number: number): string => `.attempt-${runId}-${number}`;

/** Numbers of the attempts of a run that are there, the newest first. */
const numbersOf = (dir: string, runId: string): readonly number[] =>
  namesIn(dir)
    .flatMap((name) => (name.startsWith(attemptName(runId, 0).slice(0, -1)) ? [name.split("-").at(-1)] : []))
    .map(Number)
    .sort((a, b) => b - a);

/** Makes the directory of the next attempt; its number. */
const nextAttempt = (dir: string, runId: string): number => {
  for (;;) {
    const number = 1 + (numbersOf(dir, runId)[0] ?? 0);
    try {
      mkdirSync(join(dir, attemptName(runId, number)));
      return number;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw cannotWrite(join(dir, attemptName(runId, number)), error);
    }
  }
};

/** Whether two directories hold the same run with the same end. */
const sameEnd = (one: string, other: string): boolean => {
  const [a, b] = [doneRecordIn(one), doneRecordIn(other)];
  return a?.done.weightsSha256 === b?.done.weightsSha256 && a?.recording.sha256 === b?.recording.sha256;
};

/** Makes a run that lies in the directory without having ended, as a local `compare` leaves it, the first attempt. */
const adopt = (dir: string, { name, runId }: StoredRun): void => {
  const left = join(dir, name);
  // In this order: a directory that was there and had no record then cannot be one that was committed meanwhile.
  if (!holdsRun(left) || existsSync(donePath(left))) return;
  if (lockNow(left)?.isAlive)
    throw new RangeflowFailure(
      problem(left, "a process that trains in it", "a run that nobody else trains", "let it end"),
    );
  try {
    renameSync(left, join(dir, attemptName(runId, 1)));
  } catch (error) {
    // Somebody else has made it the first attempt, or there have been others since it was left.
    if (!["ENOENT", "EEXIST", "ENOTEMPTY"].includes(codeOf(error) ?? "")) throw cannotWrite(left, error);
    removeAll(left);
  }
};

/** @param place path of the directory, which is made when something is written there */
export const directoryStore = (place: string): Store => {
  const dir = resolve(place);
  const known = new Set<string>();
  const isCommitted = (name: string): boolean => existsSync(donePath(join(dir, name)));

  const removeAttempts = (runId: string, below = Number.POSITIVE_INFINITY): void => {
    for (const number of numbersOf(dir, runId))
      if (number < below) removeAll(join(dir, attemptName(runId, number)));
  };

  const commit = (run: StoredRun, number: number): Commit => {
    const [from, to] = [join(dir, attemptName(run.runId, number)), join(dir, run.name)];
    if (!isCommitted(run.name)) {
      if (numbersOf(dir, run.runId)[0] !== number) return "superseded";
      try {
        renameSync(from, to);
        syncDirectory(dir);
        removeAttempts(run.runId);
        return "committed";
      } catch (error) {
        if (!isCommitted(run.name)) throw cannotWrite(to, error);
      }
    }
    const found = existsSync(donePath(from)) ? sameEnd(from, to) : true;
    removeAttempts(run.runId);
    return found ? "same" : "other";
  };

  const begin = (run: StoredRun): Attempt | undefined => {
    if (isCommitted(run.name)) return undefined;
    make(dir);
    adopt(dir, run);
    const before = numbersOf(dir, run.runId);
    const number = nextAttempt(dir, run.runId);
    const own = join(dir, attemptName(run.runId, number));
    before.find((one) => takeOver(join(dir, attemptName(run.runId, one)), own));
    removeAttempts(run.runId, number);
    return {
      number,
      dir: own,
      save: async () => {},
      isNewest: async () => numbersOf(dir, run.runId)[0] === number,
      commit: async () => commit(run, number),
    };
  };

  return {
    place: dir,
    dir,
    committed: async () => {
      for (const name of namesIn(dir))
        if (!name.startsWith(".") && !known.has(name) && isCommitted(name)) known.add(name);
      return known;
    },
    fetch: async () => {},
    begin: async (run) => begin(run),
    documents: documentsIn(dir),
  };
};
