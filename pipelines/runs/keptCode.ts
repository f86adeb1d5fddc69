/**
 * @file `code/` in the directory of a run: copies of the code that the run began with, so that editing an experiment locks nobody out of
 *   its runs. They are for people, who may name them in place of the originals. Nothing about a run depends on them, and they are never
 *   written again.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { FileToWrite } from "../files/atomic.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { writeNewDirectory } from "../files/newDirectory.ts";
import { runNames } from "../files/runNames.ts";
import { sha256Of } from "../files/sha256.ts";
import { linkStatAt } from "../files/statAt.ts";
import { commonDirectory, partsOf, placeBelow } from "../settings/fileParts.ts";
import { movableCode, type UserFile } from "../settings/userFiles.ts";

/** Largest number of files that a run keeps copies of, and of their bytes. A run with more code keeps none. */
export const mostCode = { files: 256, bytes: 2 ** 23 } as const;

/** Number of files of code and of their bytes. */
export interface CodeSize {
  readonly files: number;
  readonly bytes: number;
}

/** Code of a run. */
export interface KeptCode {
  /** Files to copy, in the positions that they have relative to each other: paths below their deepest common parent. */
  readonly files: readonly FileToWrite[];
  /** Size of the code of which nothing is copied, because it is more than `mostCode`. */
  readonly tooMuch?: CodeSize;
}

/** Code of a run that names no files of the user. */
export const noCode: KeptCode = { files: [] };

/** Path of the copies in the directory of a run. */
export const codeIn = (dir: string): string => join(dir, runNames.code);

/** Code of a run's files, without data files. Files that have changed since they were hashed are left out. */
export const codeOf = (files: readonly UserFile[]): KeptCode => {
  const hashed = partsOf(files);
  const code = new Map(files.flatMap(({ path }) => [...movableCode(path)]));
  const unchanged = [...code].filter(([path, bytes]) => sha256Of(bytes) === hashed.get(path));
  const size = { files: unchanged.length, bytes: unchanged.reduce((sum, [, { length }]) => sum + length, 0) };
  if (size.files > mostCode.files || size.bytes > mostCode.bytes) return { files: [], tooMuch: size };
  const top = commonDirectory(unchanged.map(([path]) => dirname(path)));
  return { files: unchanged.map(([path, bytes]) => ({ path: placeBelow(top, path), parts: [bytes] })) };
};

/** Paths of the regular files below a directory, relative to it; none if there is no such directory. */
export const pathsBelow = (dir: string): readonly string[] =>
  linkStatAt(dir)?.isDirectory()
    ? readdirSync(dir, { recursive: true })
        .map((path) => placeBelow(dir, join(dir, String(path))))
        .filter((path) => linkStatAt(join(dir, path))?.isFile())
    : [];

/** Whether the copies are in a directory already, as if a process had been killed just after it had written them. */
const areIn = (dir: string, { files }: KeptCode): boolean =>
  String(pathsBelow(dir).toSorted()) === String(files.map(({ path }) => path).toSorted()) &&
  files.every(({ path, parts }) => Buffer.concat(parts).equals(readFileSync(join(dir, path))));

/**
 * Refuses the directory of a new run if something else has the name of its copies.
 *
 * @throws `RangeflowFailure`
 */
export const checkCodePlace = (dir: string, code: KeptCode): void => {
  const place = codeIn(dir);
  if (code.files.length === 0 || linkStatAt(place) === undefined) return;
  let isThere: boolean;
  try {
    isThere = areIn(place, code);
  } catch (error) {
    throw new RangeflowFailure(
      problem(
        place,
        `cannot be read (${reasonOf(error)})`,
        "no file or directory of that name",
        "name another --out",
      ),
    );
  }
  if (!isThere)
    throw new RangeflowFailure(
      problem(
        place,
        "something that is not of this run",
        "no file or directory of that name, where the run keeps copies of its code",
        "name another --out, or move it elsewhere",
      ),
    );
};

/** Writes the copies of a new run, all or none. @throws `RangeflowFailure` if the disk refuses */
export const keepCode = (dir: string, { files }: KeptCode): void => {
  if (files.length > 0 && linkStatAt(codeIn(dir)) === undefined) writeNewDirectory(codeIn(dir), files);
};

/** Removes the copies of a run that has not begun. Its place was checked, so what is there is of the run. */
export const removeCode = (dir: string, { files }: KeptCode): void => {
  if (files.length > 0) rmSync(codeIn(dir), { recursive: true, force: true });
};
