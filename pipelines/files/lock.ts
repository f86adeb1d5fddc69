/**
 * @file Directories that belong to one process at a time: `lock.json` in them names it.
 *
 * Whether a holder that this process can see is alive is known at once. A holder on another host or in another container is alive as long
 * as it touches its lock, which its heartbeat does every second; clocks are not compared. A lock whose holder is dead is taken over by
 * the first process that creates the file named after its token. That name can be created once, so of all processes that see the same
 * dead lock only one replaces it.
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

/** A lock that this process holds. */
export interface Lock {
  /** Whether the directory still belongs to this process. */
  readonly isHeld: () => boolean;
  /** @throws `RangeflowFailure` if the directory no longer belongs to this process */
  readonly check: () => void;
  /** Releases the directory, unless it belongs to another process by now. */
  readonly release: () => void;
}

const lockIn = (dir: string): string => join(dir, runNames.lock);

/** Milliseconds without a heartbeat after which an invisible holder is dead. */
export const patience = 15 * beatEvery;

/** Milliseconds by which no two clocks differ. An older lock need not be watched. */
const old = 24 * 3_600_000;

const lookEvery = 100;

/** State of a lock at a moment. */
interface Seen {
  readonly inode: number;
  /** Time of the last touch, by whichever clock. */
  readonly beat: number;
  /** Holder of the lock; undefined while it is being written, or if it is damaged. */
  readonly holder: Holder | undefined;
  /** Identifies this lock, and none after it. */
  readonly key: string;
}

const longestLock = 4096;

/** Opens the file anew each time, because only this makes network file systems return its current state. */
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

/** Whether the holder of a lock is alive. One whose lock is gone meanwhile is not. */
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
  /** Kept open while the lock is held, so that no other file gets its inode. */
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

/** Creates a lock; undefined if there is one. */
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

/** Creates a lock, replacing a dead one. */
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
 * @param dir must exist
 * @param expiry milliseconds without a heartbeat after which a holder on another host or in another container is dead. Default: 15,000
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
        // The disk refuses changes. The lock dies with this process.
      }
    },
  };
};

/** State of a directory's lock at a moment. */
export interface LockNow {
  /** Whether the holding process is alive; undefined if it is on another host or in another container. */
  readonly isAlive: boolean | undefined;
  /** Time of its last heartbeat, by whichever clock. */
  readonly beat: number;
}

/** The lock of a directory; undefined if there is none. */
export const lockNow = (dir: string): LockNow | undefined => {
  const seen = look(lockIn(dir));
  return seen && { isAlive: seen.holder && isAlive(seen.holder), beat: seen.beat };
};

/**
 * The process that works in a directory, as far as can be seen at once; undefined if there is none. A holder on another host or in
 * another container counts if its last touch is recent by the clock of this one.
 */
export const holderOf = (dir: string): Holder | undefined => {
  const seen = look(lockIn(dir));
  if (seen?.holder === undefined) return undefined;
  return (isAlive(seen.holder) ?? Date.now() - seen.beat < patience) ? seen.holder : undefined;
};

/** Milliseconds that a process which has lost its parent may take to end: one batch. */
const longestBatch = 60_000;

/** Waits, at most a minute, until no process works in a directory, for example one that has lost its parent. */
export const freed = async (dir: string): Promise<void> => {
  const since = performance.now();
  for (let seen = look(lockIn(dir)); seen !== undefined; seen = look(lockIn(dir))) {
    if (performance.now() - since > longestBatch || !(await lives(lockIn(dir), seen, patience))) return;
    await sleep(lookEvery);
  }
};
