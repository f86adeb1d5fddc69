/** @file The directory of a run that is there as a whole or not at all. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { syncDirectory } from "../files/atomic.ts";
import { cannotWrite, FileFailure } from "../files/fileErrors.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { failure } from "./source.ts";

const statAt = (out: string): Stats | undefined => {
  try {
    return statSync(out, { throwIfNoEntry: false });
  } catch (error) {
    throw cannotWrite(out, error);
  }
};

/** Refuses a path where something is. @throws `RangeflowFailure` */
export const checkFree = (out: string): void => {
  const stat = statAt(out);
  if (stat === undefined || (stat.isDirectory() && readdirSync(out).length === 0)) return;
  throw failure(
    out,
    stat.isDirectory() ? "a directory with files" : "a file",
    "a path where nothing is",
    "name another --out",
  );
};

/** What the disk has refused within a directory that nobody has named, as of the one that somebody has. */
const ofPath = ({ problems }: FileFailure, dir: string, out: string): FileFailure =>
  new FileFailure(
    ...problems.map((one) =>
      one._tag === "Problem" && one.where.startsWith(dir) ? { ...one, where: out } : one,
    ),
  );

/**
 * Writes a run beside where it will be, and renames it when it is whole.
 *
 * @param write fills the directory that it is given
 * @throws `RangeflowFailure` if the disk refuses, or something is there by then; what `write` throws. Then nothing is left
 */
export const writeRun = (out: string, write: (dir: string) => void): void => {
  const dir = join(
    dirname(resolve(out)),
    `${basename(resolve(out))}.${process.pid}-${randomBytes(8).toString("hex")}.partial`,
  );
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
    write(dir);
    checkFree(out);
    refusable(() => renameSync(dir, out));
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error instanceof FileFailure ? ofPath(error, dir, out) : error;
  }
  syncDirectory(dirname(dir));
};
