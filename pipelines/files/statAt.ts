/** @file What is at a path, independent of the version of Node. For a path below a file some versions throw, others find nothing. */
import { lstatSync, type Stats, statSync } from "node:fs";
import { codeOf } from "./fileErrors.ts";

/** Result of a lookup; undefined if nothing is there. */
const found = (look: () => Stats): Stats | undefined => {
  try {
    return look();
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
};

/** What a path leads to; undefined if nothing is there, or a parent is not a directory. Throws other errors of the disk. */
export const statAt = (path: string): Stats | undefined => found(() => statSync(path));

/** The same for the path itself, which may be a link. */
export const linkStatAt = (path: string): Stats | undefined => found(() => lstatSync(path));
