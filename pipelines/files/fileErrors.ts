/** @file What the operating system refuses, as a sentence for a person. */
import { missing, problem, RangeflowFailure } from "../../core/errors.ts";

const sentences: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "disk quota exceeded",
  EEXIST: "a file of that name exists",
  EFBIG: "the file is too large",
  EIO: "the disk reports an error",
  EISDIR: "is a directory",
  EMFILE: "too many files are open",
  ELOOP: "is a symbolic link",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "part of the path is not a directory",
  EROFS: "the file system is read-only",
};

/** The code of a system error, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

export const isSystemError = (error: unknown): boolean => codeOf(error) !== undefined;

/** A few words about a caught error, for a person, at most one line. */
export const reasonOf = (error: unknown): string => {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return (code && sentences[code]) ?? (message.split("\n")[0] as string);
};

/** A failure of files of this machine: what failed may go well on another one, or later here. */
export class FileFailure extends RangeflowFailure {}

/** A file or directory that cannot be opened or read, as a failure; `expected` says what it should be. */
export const cannotRead = (path: string, error: unknown, expected: string): RangeflowFailure =>
  new FileFailure(
    codeOf(error) === "ENOENT"
      ? missing(path, expected)
      : problem(path, `cannot be read (${reasonOf(error)})`, expected, "check its name and permissions"),
  );

/** Codes that say that a path is the wrong one, whatever room the disk has. */
const wrongPlaces: readonly (string | undefined)[] = ["EACCES", "EISDIR", "ELOOP", "ENOENT", "ENOTDIR"];

/** A file that cannot be made or written, as a failure; one that already is a failure stays as it is. */
export const cannotWrite = (path: string, error: unknown): RangeflowFailure => {
  if (error instanceof RangeflowFailure) return error;
  const found = `cannot be written (${reasonOf(error)})`;
  return new FileFailure(
    wrongPlaces.includes(codeOf(error))
      ? problem(path, found, "a writable path", "name another one, or create its directory")
      : problem(path, found, "a writable disk with space", "free space, or name another --out"),
  );
};
