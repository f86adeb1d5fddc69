/** @file Files that user files consist of, and their positions relative to each other. */
import { dirname, relative, resolve, sep } from "node:path";
import type { UserFile } from "./userFiles.ts";

/** All files that user files consist of, as absolute paths with their SHA-256. */
export const partsOf = (files: readonly UserFile[]): ReadonlyMap<string, string> =>
  new Map(
    files.flatMap(({ path, contents }) =>
      Object.entries(contents).map(([name, sha256]) => {
        const entry = resolve(path);
        return [name === "." ? entry : resolve(dirname(entry), name), sha256] as const;
      }),
    ),
  );

/** Deepest common parent of absolute paths of directories. */
export const commonDirectory = (dirs: readonly string[]): string => {
  let common = dirs[0] ?? "/";
  while (!dirs.every((dir) => dir === common || dir.startsWith(common === sep ? sep : `${common}${sep}`)))
    common = dirname(common);
  return common;
};

/** Path of a file below a directory, with `/` as separator. */
export const placeBelow = (top: string, path: string): string => relative(top, path).split(sep).join("/");
