/** @file The directory of a study belongs to one process at a time, also when the one before was killed. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeAtomically } from "../files/atomic.ts";
import { cannotWrite } from "../files/fileErrors.ts";

export interface Lock {
  /** Says which processes work for this one: whoever comes after it waits for their end. */
  readonly workers: (pids: readonly number[]) => void;
  readonly release: () => void;
}

/** How long workers may take to notice that their parent is gone: a batch, in milliseconds. */
const patience = 60_000;

const HolderCodec = t.type({ pid: t.number, workers: t.array(t.number) });

/** Who holds a lock; nobody if it is from before the machine was started, when the numbers meant other processes. */
const holderOf = (path: string): t.TypeOf<typeof HolderCodec> => {
  const nobody: t.TypeOf<typeof HolderCodec> = { pid: 0, workers: [] };
  try {
    if (statSync(path).mtimeMs < Date.now() - 1000 * uptime()) return nobody;
    return E.getOrElse(() => nobody)(HolderCodec.decode(JSON.parse(readFileSync(path, "utf8"))));
  } catch {
    return nobody;
  }
};

const isAlive = (pid: number): boolean => {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

const inUse = (out: string, path: string, pid: number): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      "--out",
      `${out} is in use by process ${pid}`,
      "a study that no other process works on",
      `let it end; if it is none of rangeflow, remove ${path}`,
    ),
  );

/**
 * Takes a directory, which is made if need be, for this process. The lock of a process that was killed counts for nothing, but
 * the processes that worked for it are waited for, so that no two ever write to one run.
 *
 * @throws `RangeflowFailure` if another process works there, or the directory cannot be written
 */
export const lockOf = async (out: string): Promise<Lock> => {
  const path = join(out, "lock.json");
  const content = (workers: readonly number[]): string => JSON.stringify({ pid: process.pid, workers });
  const taken = (): boolean => {
    try {
      mkdirSync(out, { recursive: true });
      writeFileSync(path, content([]), { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw cannotWrite(path, error);
    }
  };
  while (!taken()) {
    const { pid, workers } = holderOf(path);
    if (isAlive(pid)) throw inUse(out, path, pid);
    const since = performance.now();
    for (let busy = workers.find(isAlive); busy !== undefined; busy = workers.find(isAlive)) {
      if (performance.now() - since > patience) throw inUse(out, path, busy);
      await sleep(20);
    }
    rmSync(path, { force: true });
  }
  return {
    workers: (pids) => {
      try {
        writeAtomically(path, [new TextEncoder().encode(content(pids))]);
      } catch {
        // A disk that is full ends the study elsewhere, with a sentence; all that is lost here is who to wait for.
      }
    },
    release: () => rmSync(path, { force: true }),
  };
};
