/** @file What is at a path, told alike by all versions of Node: of a path below a file some throw, and others find nothing. */
import { lstatSync, type Stats, statSync } from "node:fs";
import { codeOf } from "./fileErrors.ts";

/** What a look gives; undefined where nothing is. */
const found = (look: () => Stats): Stats | undefined => {
  try {
    return look();
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
};

/** What a path leads to; undefined where nothing is, also below what is no directory. Throws what else the disk says. */
export const statAt = (path: string): Stats | undefined => found(() => statSync(path));

/** The same of the path itself, which may be a link. */
export const linkStatAt = (path: string): Stats | undefined => found(() => lstatSync(path));
