/**
 * @file A store in a directory, of this machine or shared by several.
 *
 *     DIR/RUN                  a committed run, as `compare` leaves it
 *     DIR/.attempt-KEY-N       attempt N of a run; as deep as RUN, so that relative paths in it stay right when it gets that name
 *     DIR/.sweep/KIND/NAME     documents
 *
 * Attempts are numbered by creating their directories, which only one process can do for each number. A commit is a rename. A new attempt
 * takes over what the latest has saved, and then removes the directories of all earlier ones. None of these can then be committed,
 * whatever its process believes, because the directory to rename is gone.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { syncDirectory } from "../files/atomic.ts";
import { cannotRead, cannotWrite, codeOf } from "../files/fileErrors.ts";
import { freed, type Lock, lockOf } from "../files/lock.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { recovered } from "../files/recovered.ts";
import { runNames } from "../files/runNames.ts";
import { donePath, doneRecordIn } from "../runs/doneRecord.ts";
import { canResume, holdsRun, lookAtRun } from "../runs/runDirectory.ts";
import { directoryDocuments } from "./directoryDocuments.ts";
import { type Attempt, type Commit, checkRun, notEnded, type Store, type StoredRun } from "./store.ts";
import { removeAtOnce, removeRest, takeOver } from "./takeOver.ts";

const namesIn = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw cannotRead(dir, error, "the directory of a study");
  }
};

const attemptName = (key: string, number: number): string => `.attempt-${key}-${number}`;

/** Numbers of a run's existing attempts, latest first. */
const numbersOf = (dir: string, key: string): readonly number[] => {
  const start = attemptName(key, 0).slice(0, -1);
  return namesIn(dir)
    .filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)))
    .sort((a, b) => b - a);
};

/**
 * Creates the directory of the next attempt.
 *
 * @returns its number, which no attempt had before. A newer attempt removes the directories of older ones, so a process that has listed
 *   the directories earlier can create a number again. It then finds the newer attempt, and takes a number behind it
 */
const nextAttempt = (dir: string, key: string): number => {
  for (;;) {
    const number = 1 + (numbersOf(dir, key)[0] ?? 0);
    const path = join(dir, attemptName(key, number));
    try {
      mkdirSync(path);
    } catch (error) {
      if (codeOf(error) === "EEXIST") continue;
      throw cannotWrite(path, error);
    }
    if (numbersOf(dir, key)[0] === number) return number;
    removeAtOnce(path);
  }
};

/** Whether two directories hold the same run with the same result. */
const sameEnd = (one: string, other: string): boolean => {
  const [a, b] = [doneRecordIn(one), doneRecordIn(other)];
  return a?.done.weightsSha256 === b?.done.weightsSha256 && a?.recording.sha256 === b?.recording.sha256;
};

/** Step at which a run was saved; -1 if it cannot be resumed. */
const savedStepIn = (dir: string): number =>
  canResume(dir)
    ? recovered(
        () => lookAtRun(dir).step,
        () => -1,
      )
    : -1;

/** Refuses a directory that has the name of a run but holds none. */
const checkIsRun = (dir: string): void => {
  const found = namesIn(dir).filter((name) => !name.startsWith(runNames.lock));
  if (found.length > 0 && !holdsRun(dir))
    throw new RangeflowFailure(
      problem(
        dir,
        `no run, but ${found.length === 1 ? found[0] : `${found.length} files`}`,
        "a run, or an empty directory",
        "move it elsewhere",
      ),
    );
};

/**
 * Takes an unfinished run in the place of a run, for example one that a local `compare` has left. A process that trains there may take a
 * minute to end.
 *
 * @returns its lock; undefined if there is none, or it is committed
 * @throws `RangeflowFailure` if another process trains there, or it is no run
 */
const takenPlace = async (place: string): Promise<Lock | undefined> => {
  await freed(place);
  if (!existsSync(place)) return undefined;
  checkIsRun(place);
  let lock: Lock;
  try {
    lock = await lockOf(place);
  } catch (error) {
    // Another attempt, which began at the same time, has taken it over.
    if (!existsSync(place)) return undefined;
    throw error;
  }
  // Checked again, because a network file system may answer from its cache until a file is created.
  if (!existsSync(donePath(place))) return lock;
  lock.release();
  return undefined;
};

/** Another process began the run in its final place while it was trained in an attempt. */
const begunElsewhere = (from: string, to: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      to,
      "a directory of this run that has not ended, begun by another process meanwhile",
      "none before the run is committed",
      `wait for that process, or remove the directory and try again; what was trained here is in ${from}`,
    ),
  );

/** @param place path of the directory, which is created when something is written there */
export const directoryStore = (place: string): Store => {
  const dir = resolve(place);
  const known = new Set<string>();
  const isCommitted = (name: string): boolean => existsSync(donePath(join(dir, name)));
  const attemptDir = (key: string, number: number): string => join(dir, attemptName(key, number));

  const removeAttempts = (key: string, below = Number.POSITIVE_INFINITY): void => {
    for (const number of numbersOf(dir, key)) if (number < below) removeAtOnce(attemptDir(key, number));
  };

  const commit = ({ name, runId }: StoredRun, number: number): Commit => {
    const [from, to] = [attemptDir(runId, number), join(dir, name)];
    if (!isCommitted(name)) {
      if (numbersOf(dir, runId)[0] !== number) return "superseded";
      if (!existsSync(donePath(from))) throw notEnded(from);
      try {
        renameSync(from, to);
        syncDirectory(dir);
        return "committed";
      } catch (error) {
        if (!existsSync(from)) return "superseded";
        if (!isCommitted(name)) throw existsSync(to) ? begunElsewhere(from, to) : cannotWrite(to, error);
      }
    }
    if (!existsSync(donePath(from))) return "superseded";
    const isSame = sameEnd(from, to);
    removeAtOnce(from);
    return isSame ? "same" : "other";
  };

  /** Fills the directory of a new attempt with the most advanced state that can be resumed, and removes the others. */
  const fill = async ({ name, runId }: StoredRun, number: number, left: Lock | undefined): Promise<void> => {
    const attempts = numbersOf(dir, runId).filter((one) => one < number);
    const sources = [...attempts.map((one) => attemptDir(runId, one)), ...(left ? [join(dir, name)] : [])]
      .map((source) => ({ source, step: savedStepIn(source) }))
      .filter(({ step }) => step >= 0)
      .sort((a, b) => b.step - a.step);
    for (const { source } of sources) if (await takeOver(source, attemptDir(runId, number))) break;
    removeAttempts(runId, number);
    if (left) removeAtOnce(join(dir, name));
  };

  const begin = async (run: StoredRun): Promise<Attempt | undefined> => {
    checkRun(run);
    const { name, runId } = run;
    if (isCommitted(name)) {
      removeAttempts(runId);
      return undefined;
    }
    try {
      makeDirectories(dir);
    } catch (error) {
      throw cannotWrite(dir, error);
    }
    removeRest(dir);
    const left = await takenPlace(join(dir, name));
    try {
      const number = nextAttempt(dir, runId);
      const own = attemptDir(runId, number);
      try {
        await fill(run, number, left);
      } catch (error) {
        rmSync(own, { recursive: true, force: true });
        throw error;
      }
      // From here on no older attempt can be committed. One may have been before.
      if (isCommitted(name)) {
        removeAtOnce(own);
        return undefined;
      }
      return {
        number,
        dir: own,
        save: async () => {},
        isNewest: async () => numbersOf(dir, runId)[0] === number,
        commit: async () => commit(run, number),
        // An overtaken attempt may have a directory again, which its process has created after the first was removed.
        leave: async () => {
          if (isCommitted(name) || numbersOf(dir, runId)[0] !== number) removeAtOnce(own);
        },
      };
    } finally {
      left?.release();
    }
  };

  return {
    place: dir,
    dir,
    committed: async () => {
      const names = namesIn(dir).filter(
        (name) => !name.startsWith(".") && (known.has(name) || isCommitted(name)),
      );
      for (const name of names) known.add(name);
      return new Set(names);
    },
    fetch: async () => {},
    fetchAll: async () => {},
    begin,
    documents: directoryDocuments(dir),
  };
};
