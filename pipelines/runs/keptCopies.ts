/** @file Ways back to the code that a run began with, for the hints of refusals: the copies that its directory has. */
import { basename, join, resolve, sep } from "node:path";
import { fileSha256 } from "../files/fileSha256.ts";
import { contentsSha256, isPath, type UserFile, userFile } from "../settings/userFiles.ts";
import { pathsBelow } from "./keptCode.ts";

/** Paths and SHA-256 of the copies of a run; none if they cannot be read. */
const copiesIn = (dir: string): readonly (readonly [path: string, sha256: string])[] => {
  try {
    return pathsBelow(dir).map((path) => [join(dir, path), fileSha256(join(dir, path), "a copy of code")]);
  } catch {
    return [];
  }
};

/** Whether a file has the place and the name of the copy of a run's file. */
export const isCopyOf = ({ path }: UserFile, { name, copies }: UserFile): boolean =>
  copies !== undefined &&
  resolve(path).startsWith(`${resolve(copies)}${sep}`) &&
  basename(path) === basename(name);

/**
 * Advice for somebody whose file differs from that of a run: to name its copy if that is complete and unchanged, or where the originals of
 * what has changed are.
 *
 * @param now the present file; undefined if it is gone
 * @param otherwise advice that holds in any case
 */
export const wayBack = (saved: UserFile, now: UserFile | undefined, otherwise: string): string => {
  if (saved.copies === undefined) return otherwise;
  const copies = copiesIn(saved.copies);
  const whole = copies
    .filter(([path, sha256]) => {
      if (sha256 !== saved.contents["."]) return false;
      const copy = userFile(saved.name, path);
      return copy !== undefined && contentsSha256(copy) === contentsSha256(saved);
    })
    .map(([path]) => path);
  const copy = whole.find((path) => basename(path) === basename(saved.name)) ?? whole[0];
  if (copy !== undefined)
    return `name the copy that the run began with, ${isPath(copy) ? copy : `./${copy}`}, or ${otherwise}`;
  const changed = Object.entries(saved.contents).filter(([name, sha256]) => now?.contents[name] !== sha256);
  const areThere = changed.every(([, sha256]) => copies.some(([, kept]) => kept === sha256));
  return areThere && changed.length > 0 ? `${otherwise}, of which ${saved.copies} has a copy` : otherwise;
};
