/** @file Directories that exist with all of their files or not at all. */
import { renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type FileToWrite, partialOf, syncDirectory, writeNew } from "./atomic.ts";
import { cannotWrite } from "./fileErrors.ts";
import { makeDirectories, removeEmpty } from "./makeDirectories.ts";

/**
 * Creates a directory with files in it, at any depth. It gets its name once it is complete.
 *
 * @param files files whose paths are relative to `dir`
 * @throws `RangeflowFailure` if the disk refuses; nothing that was written then stays
 */
export const writeNewDirectory = (dir: string, files: readonly FileToWrite[]): void => {
  const partial = partialOf(resolve(dir));
  const inside = new Set(files.map(({ path }) => dirname(join(partial, path))));
  let made: string | undefined;
  try {
    made = makeDirectories(partial);
    for (const each of inside) makeDirectories(each);
    for (const { path, parts } of files) writeNew(join(partial, path), parts);
    for (const each of inside) syncDirectory(each);
    renameSync(partial, resolve(dir));
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (made !== undefined) removeEmpty(dirname(partial), made);
    throw cannotWrite(dir, error);
  }
  syncDirectory(dirname(resolve(dir)));
};
