/**
 * @file A directory that belongs to one process at a time: `lock.json` in it says to whom.
 *
 * A holder that this process can see lives or not, which is known at once. One on another host or in another container lives as
 * long as it touches its lock, which its heartbeat does every second; clocks are not compared. A lock whose holder is dead is
 * taken over by whoever first makes the file named after its token. That name is made once, so of any number of processes that
 * see the same dead lock one alone replaces it.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as E from "fp-ts/lib/Either.js";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { cannotWrite, codeOf } from "./fileErrors.ts";
import { beatEvery, heartbeat } from "./heartbeat.ts";
import { type Holder, holderIn, holderText, isAlive, newHolder } from "./holder.ts";
import { decodeJson, encodeJson } from "./json.ts";
import { runNames } from "./runNames.ts";
import { linkStatAt } from "./statAt.ts";
import { writeFully } from "./writeFully.ts";

export interface Lock {
  /** Whether the directory still belongs to this process. */
  readonly isHeld: () => boolean;
  /** @throws `RangeflowFailure` if the directory does not belong to this process any more */
  readonly check: () => void;
  /** Gives the directory back; what belongs to another process by now is left alone. */
  readonly release: () => void;
}

const lockIn = (dir: string): string => join(dir, runNames.lock);

/** Milliseconds without a beat after which a holder that cannot be seen is dead. */
export const patience = 15 * beatEvery;

/** Milliseconds that no two clocks differ by: an older lock needs no watching. */
const old = 24 * 3_600_000;

const lookEvery = 100;

/** A lock as it is at the moment. */
interface Seen {
  readonly inode: number;
  /** Time of the last touch, by whichever clock. */
  readonly beat: number;
  /** Holder that the lock names; undefined while it is being written, or where it is damaged. */
  readonly holder: Holder | undefined;
  /** Names this very lock, and none after it. */
  readonly key: string;
}

const longestLock = 4096;

/** The file is opened anew each time, because network file systems tell only then how it is now. */
const look = (path: string): Seen | undefined => {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw cannotWrite(path, error);
  }
  try {
    const stat = fstatSync(file);
    const text = stat.isFile() && stat.size <= longestLock ? readFileSync(file, "utf8") : "";
    const holder = holderIn(E.getOrElse<string, unknown>(() => undefined)(decodeJson(text)));
    const { ino: inode, mtimeMs: beat } = stat;
    return { inode, beat, holder, key: holder?.token ?? `${inode}-${beat}` };
  } finally {
    closeSync(file);
  }
};

/** Whether the holder of a lock lives; one that is gone meanwhile does not. */
const lives = async (path: string, first: Seen, expiry: number): Promise<boolean> => {
  const since = performance.now();
  for (let seen: Seen | undefined = first; seen?.key === first.key; seen = look(path)) {
    const alive = seen.holder && isAlive(seen.holder);
    if (alive !== undefined) return alive;
    if (seen.beat !== first.beat) return true;
    if (performance.now() - since > expiry || Date.now() - seen.beat > old) return false;
    await sleep(lookEvery);
  }
  return false;
};

interface Taken {
  readonly path: string;
  readonly inode: number;
  /** Open as long as the lock is held, so that no other file gets its inode. */
  readonly file: number;
}

const isOurs = ({ path, inode }: Taken): boolean => linkStatAt(path)?.ino === inode;

const remove = (taken: Taken): void => {
  try {
    if (isOurs(taken)) rmSync(taken.path, { force: true });
  } finally {
    closeSync(taken.file);
  }
};

/** Makes a lock that is not there; undefined where one is. */
const make = (path: string): Taken | undefined => {
  let file: number;
  try {
    file = openSync(path, "wx");
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    throw cannotWrite(path, error);
  }
  const taken = { path, inode: fstatSync(file).ino, file };
  try {
    writeFully(file, Buffer.from(encodeJson(newHolder())));
  } catch (error) {
    remove(taken);
    throw cannotWrite(path, error);
  }
  return taken;
};

const inUse = (dir: string, { holder }: Seen): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      dir,
      `in use by ${holder === undefined ? "another process" : holderText(holder)}`,
      "a directory that no other process uses",
      `wait until it ends, or name another directory; if it is not a process of rangeflow, remove ${lockIn(dir)}`,
    ),
  );

/** Makes a lock, in place of a dead one where one is. */
const take = async (dir: string, path: string, expiry: number): Promise<Taken> => {
  for (;;) {
    const taken = make(path);
    if (taken !== undefined) return taken;
    const seen = look(path);
    if (seen === undefined) continue;
    if (await lives(path, seen, expiry)) throw inUse(dir, seen);
    const claim = await take(dir, `${path}.${seen.key}`, expiry);
    let isMoved = false;
    try {
      if (look(path)?.key === seen.key) {
        renameSync(claim.path, path);
        isMoved = true;
        return { ...claim, path };
      }
    } catch (error) {
      throw cannotWrite(path, error);
    } finally {
      if (!isMoved) remove(claim);
    }
  }
};

/**
 * Takes a directory for this process, until it is released or the process ends, however it ends.
 *
 * @param dir is there
 * @param expiry milliseconds without a sign of life after which a holder on another host or in another container is dead
 * @throws `RangeflowFailure` if a living process works there, or the directory cannot be written
 */
export const lockOf = async (dir: string, expiry = patience): Promise<Lock> => {
  const taken = await take(dir, lockIn(dir), expiry);
  const { stop } = heartbeat(taken.path, taken.inode);
  let isReleased = false;
  return {
    isHeld: () => isOurs(taken),
    check: () => {
      if (isOurs(taken)) return;
      const now = look(taken.path);
      throw new RangeflowFailure(
        problem(
          dir,
          now?.holder === undefined ? "its lock file is gone" : `taken over by ${holderText(now.holder)}`,
          "a directory that belongs to this run until it ends",
          "nothing more was written; do not change a directory while a run writes to it",
        ),
      );
    },
    release: () => {
      if (isReleased) return;
      isReleased = true;
      stop();
      try {
        remove(taken);
      } catch {
        // A disk that takes no change any more: the lock dies with this process.
      }
    },
  };
};

/** A directory's lock as it is at a moment. */
export interface LockNow {
  /** Whether the process that holds it lives; undefined where it is on another host or in another container. */
  readonly isAlive: boolean | undefined;
  /** Time of its last sign of life, by whichever clock. */
  readonly beat: number;
}

/** The lock of a directory; undefined where nobody holds it. */
export const lockNow = (dir: string): LockNow | undefined => {
  const seen = look(lockIn(dir));
  return seen && { isAlive: seen.holder && isAlive(seen.holder), beat: seen.beat };
};

/**
 * Who works in a directory, as far as can be seen at once; undefined if nobody does. A holder on another host or in another container counts
 * if its last touch is not old by the clock of this one.
 */
export const holderOf = (dir: string): Holder | undefined => {
  const seen = look(lockIn(dir));
  if (seen?.holder === undefined) return undefined;
  return (isAlive(seen.holder) ?? Date.now() - seen.beat < patience) ? seen.holder : undefined;
};

/** Milliseconds that a process which lost its parent may take to end: a batch. */
const longestBatch = 60_000;

/** Waits, a minute at most, until no process works in a directory any more, such as one that lost its parent. */
export const freed = async (dir: string): Promise<void> => {
  const since = performance.now();
  for (let seen = look(lockIn(dir)); seen !== undefined; seen = look(lockIn(dir))) {
    if (performance.now() - since > longestBatch || !(await lives(lockIn(dir), seen, patience))) return;
    await sleep(lookEvery);
  }
};
