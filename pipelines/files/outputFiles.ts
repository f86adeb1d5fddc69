/** @file Output files that a user names. The path may name something else than a file, and links are followed. */
import { existsSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { type FileToWrite, type GrowingFile, growAtomically, partialOf, writeTogether } from "./atomic.ts";
import { cannotWrite, codeOf } from "./fileErrors.ts";
import { makeDirectories, removeEmpty } from "./makeDirectories.ts";
import { writeNewDirectory } from "./newDirectory.ts";
import { isOfRecording } from "./recordingFiles.ts";
import { kindOf } from "./regularFile.ts";
import { runNames, runsCsvName, studyFileName } from "./runNames.ts";
import { linkStatAt } from "./statAt.ts";

/** What a path leads to; undefined if nothing, as for a link to itself. */
const foundAt = (path: string): Stats | undefined => {
  try {
    return statSync(path);
  } catch (error) {
    if (codeOf(error) === "ELOOP" || codeOf(error) === "ENOENT") return undefined;
    throw cannotWrite(path, error);
  }
};

const isLink = (path: string): boolean => linkStatAt(path)?.isSymbolicLink() ?? false;

/** Whether a path is among the copies of code that a run keeps. */
const isOfCode = (path: string): boolean => {
  const above = dirname(path);
  if (above === path) return false;
  const isCode = basename(path) === runNames.code && existsSync(join(above, runNames.checkpoint));
  return isCode || isOfCode(above);
};

/** Files of a study, beside the directories of its runs. */
const ofStudies = [studyFileName, runsCsvName];

/** Whether a path belongs to a run or a study. Overwriting it would make the run, its recording or its copies of code useless. */
const isOfRun = (path: string): boolean => {
  if (isOfCode(resolve(path))) return true;
  const [dir, name] = [dirname(resolve(path)), basename(path)];
  if (ofStudies.includes(name) && ofStudies.some((one) => existsSync(join(dir, one)))) return true;
  return basename(dir) === runNames.ranges
    ? isOfRecording(dir, name)
    : Object.values<string>(runNames).includes(name) && existsSync(join(dir, runNames.ranges));
};

const refusal = (path: string, found: string, expected: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(path, `cannot be written (${found})`, `${expected}, or an unused path`, "name another one"),
  );

/**
 * Path of the file to write for a path that a user names: the path itself, or the target of a link.
 *
 * @throws `RangeflowFailure` if it is no text, a directory, a pipe, a socket, a device, a link to no file, or a file of a run or study
 */
export const outputPath = (path: string): string => {
  if (typeof path !== "string" || path === "")
    throw new RangeflowFailure(problem("out", valueText(path), "the path of the file to write"));
  const found = foundAt(path);
  if (found === undefined && isLink(path))
    throw refusal(path, "a symbolic link that leads nowhere", "a regular file");
  if (isOfRun(found?.isFile() ? realpathSync(path) : path))
    throw refusal(path, "a file of a run or of a study", "a file of another name");
  if (found === undefined) return path;
  if (!found.isFile()) throw refusal(path, kindOf(found), "a regular file");
  return isLink(path) ? realpathSync(path) : path;
};

/** Writes a file that a user names, as `writeAtomically` does, at `outputPath`. @throws `RangeflowFailure` as both do */
export const writeOutput = (path: string, parts: readonly Uint8Array[]): void =>
  writeTogether([{ path: outputPath(path), parts }]);

/** Begins a file that a user names, as `growAtomically` does, at `outputPath`. @throws `RangeflowFailure` as both do */
export const growOutput = (path: string): GrowingFile => growAtomically(outputPath(path));

/**
 * Whether the output directory that a user names exists.
 *
 * @throws `RangeflowFailure` if something else than a directory has its name
 */
const isThere = (dir: string): boolean => {
  const found = foundAt(dir);
  if (found === undefined && isLink(dir))
    throw refusal(dir, "a symbolic link that leads nowhere", "a directory");
  if (found !== undefined && !found.isDirectory())
    throw refusal(dir, found.isFile() ? "a file" : kindOf(found), "a directory");
  return found !== undefined;
};

/**
 * Writes files into a directory that a user names, all or none. The directory is created if necessary.
 *
 * @param files files whose paths are names within `dir`
 * @throws `RangeflowFailure` if `dir` is no directory, one of the names is taken by something else than a regular file, or the disk
 *   refuses; existing files then stay
 */
export const writeOutputsInto = (dir: string, files: readonly FileToWrite[]): void => {
  if (!isThere(dir)) writeNewDirectory(dir, files);
  else writeTogether(files.map(({ path, parts }) => ({ path: outputPath(join(dir, path)), parts })));
};

/** Creates a directory that a user names. @returns a function that removes what was created, as long as it is empty */
const madeDirectory = (dir: string): (() => void) => {
  try {
    const made = makeDirectories(dir);
    return () => {
      if (made !== undefined) removeEmpty(dir, made);
    };
  } catch (error) {
    throw cannotWrite(dir, error);
  }
};

/**
 * Begins a file in a directory that a user names, as `growOutput` does. The directory is created if necessary, and removed again if the
 * file is discarded. Programs that watch it do not take the growing file for a finished one: its name begins with `unfinished`.
 *
 * @throws `RangeflowFailure` as `growOutput` does, and if `dir` is no directory
 */
export const growOutputInto = (dir: string, name: string): GrowingFile => {
  const withdraw = isThere(dir) ? () => {} : madeDirectory(dir);
  try {
    const path = outputPath(join(dir, name));
    const file = growAtomically(path, partialOf(join(dirname(path), "unfinished")));
    return {
      ...file,
      discard: () => {
        file.discard();
        withdraw();
      },
    };
  } catch (error) {
    withdraw();
    throw error;
  }
};
