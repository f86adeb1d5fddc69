import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeOf } from "./fileErrors.ts";

/** The topmost directory on the way to `dir` that is not there. */
const topmostMissing = (dir: string): string => {
  let at = resolve(dir);
  while (!existsSync(dirname(at))) at = dirname(at);
  return at;
};

/**
 * Makes a directory and those above it.
 *
 * @returns the topmost one that was made; undefined where all were there
 * @throws the system's reason, also where Node says only that something does not exist, as on a file system that is read-only
 */
export const makeDirectories = (dir: string): string | undefined => {
  try {
    return mkdirSync(dir, { recursive: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") mkdirSync(topmostMissing(dir));
    throw error;
  }
};

/** Removes `dir` and the directories above it up to `top`, as long as they are empty. */
export const removeEmpty = (dir: string, top: string): void => {
  for (let at = resolve(dir); at.startsWith(resolve(top)); at = dirname(at))
    try {
      rmdirSync(at);
    } catch {
      return;
    }
};
