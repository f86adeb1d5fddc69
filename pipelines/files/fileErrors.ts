/** @file Errors of the operating system as messages. */
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

/** Short text about a caught error, at most one line. */
export const reasonOf = (error: unknown): string => {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return (code && sentences[code]) ?? (message.split("\n")[0] as string);
};

/** A failure caused by files of this machine. It may not occur on another machine, or later. */
export class FileFailure extends RangeflowFailure {}

/** Failure for a file or directory that cannot be opened or read; `expected` says what it should be. */
export const cannotRead = (path: string, error: unknown, expected: string): RangeflowFailure =>
  new FileFailure(
    codeOf(error) === "ENOENT"
      ? missing(path, expected)
      : problem(path, `cannot be read (${reasonOf(error)})`, expected, "check its name and permissions"),
  );

/** Codes that say that a path is wrong, whatever the state of the disk. */
const wrongPlaces: readonly (string | undefined)[] = ["EACCES", "EISDIR", "ELOOP", "ENOENT", "ENOTDIR"];

/** Failure for a file that cannot be created or written. Existing failures are returned as they are. */
export const cannotWrite = (path: string, error: unknown): RangeflowFailure => {
  if (error instanceof RangeflowFailure) return error;
  const found = `cannot be written (${reasonOf(error)})`;
  return new FileFailure(
    wrongPlaces.includes(codeOf(error))
      ? problem(path, found, "a writable path", "name another one, or create its directory")
      : problem(path, found, "a writable disk with space", "free space, or name another --out"),
  );
};
