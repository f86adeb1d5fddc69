import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeOf } from "./fileErrors.ts";

/** The topmost missing directory on the path to `dir`. */
const topmostMissing = (dir: string): string => {
  let at = resolve(dir);
  while (!existsSync(dirname(at))) at = dirname(at);
  return at;
};

/**
 * Creates a directory and its parents.
 *
 * @returns the topmost one that was created; undefined if all existed
 * @throws the system's error, also where Node only reports that something does not exist, as on a read-only file system
 */
export const makeDirectories = (dir: string): string | undefined => {
  try {
    return mkdirSync(dir, { recursive: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") mkdirSync(topmostMissing(dir));
    throw error;
  }
};

/** Removes `dir` and its parents up to `top`, as long as they are empty. */
export const removeEmpty = (dir: string, top: string): void => {
  for (let at = resolve(dir); at.startsWith(resolve(top)); at = dirname(at))
    try {
      rmdirSync(at);
    } catch {
      return;
    }
};
