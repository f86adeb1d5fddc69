/** @file Creates the directory of a run atomically. */
import { mkdirSync, readdirSync, renameSync, rmSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { partialOf, partialsProcess, syncDirectory } from "../files/atomic.ts";
import { cannotWrite, codeOf, FileFailure } from "../files/fileErrors.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { failure } from "./source.ts";

const foundAt = (out: string): Stats | undefined => {
  try {
    return statSync(out);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw cannotWrite(out, error);
  }
};

/** Refuses a path that exists. @throws `RangeflowFailure` */
export const checkFree = (out: string): void => {
  const stat = foundAt(out);
  if (stat === undefined || (stat.isDirectory() && readdirSync(out).length === 0)) return;
  throw failure(
    out,
    stat.isDirectory() ? "a directory with files" : "a file",
    "a path where nothing is",
    "name another --out",
  );
};

/** An error of the disk in a temporary directory, reported for the directory that the user has named. */
const ofPath = ({ problems }: FileFailure, dir: string, out: string): FileFailure =>
  new FileFailure(
    ...problems.map((one) =>
      one._tag === "Problem" && one.where.startsWith(dir) ? { ...one, where: out } : one,
    ),
  );

/**
 * Writes a run next to its final place, and renames it when it is complete.
 *
 * @param write fills the directory that it is given
 * @throws `RangeflowFailure` if the disk refuses, or the path exists by then; and what `write` throws. Nothing is left then
 */
export const writeRun = async (out: string, write: (dir: string) => Promise<void>): Promise<void> => {
  const dir = partialOf(resolve(out));
  const refusable = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      throw cannotWrite(out, error);
    }
  };
  refusable(() => {
    makeDirectories(dirname(dir));
    mkdirSync(dir);
  });
  try {
    await write(dir);
    checkFree(out);
    refusable(() => renameSync(dir, out));
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error instanceof FileFailure ? ofPath(error, dir, out) : error;
  }
  syncDirectory(dirname(dir));
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
};

/** Names of incomplete directories next to the path that imports have left whose processes are gone. */
export const leftBehind = (out: string): readonly string[] =>
  readdirSync(dirname(resolve(out))).filter((name) => {
    const pid = partialsProcess(resolve(out), name);
    return pid !== undefined && !isRunning(pid);
  });
