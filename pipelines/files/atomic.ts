/** @file Files that are there as a whole or not at all. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { cannotWrite } from "./fileErrors.ts";
import { writeFully } from "./writeFully.ts";

/** Makes a rename in `dir` survive a power failure; not every system can, and then it is left to the system. */
const syncDirectory = (dir: string): void => {
  try {
    const fd = openSync(dir, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Windows cannot open a directory.
  }
};

/**
 * Writes a file so that, whenever the process or the machine stops, either the old contents or the new ones are there: all
 * parts go to `path.partial`, which is forced to the disk and then renamed.
 *
 * @throws `RangeflowFailure` if the disk refuses; the old contents stay and the part that was written is removed
 */
export const writeAtomically = (path: string, parts: readonly Uint8Array[]): void => {
  const partial = `${path}.partial`;
  let made = false;
  try {
    const fd = openSync(partial, "w");
    made = true;
    try {
      for (const part of parts) writeFully(fd, part);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(partial, path);
  } catch (error) {
    if (made) rmSync(partial, { force: true });
    throw cannotWrite(path, error);
  }
  syncDirectory(dirname(path));
};
