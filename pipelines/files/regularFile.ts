/** @file Regular files that are read completely. Their length is checked before memory is allocated. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { cannotRead } from "./fileErrors.ts";

/** An open regular file. */
export interface RegularFile {
  readonly size: number;
  /** The bytes from `from` to `to`, or as many of them as there are. */
  readonly read: (from: number, to: number) => Uint8Array;
  readonly close: () => void;
}

/** Kind of something that is not a regular file. */
export const kindOf = (stat: Stats): string => {
  if (stat.isFIFO()) return "a pipe";
  if (stat.isSocket()) return "a socket";
  return stat.isDirectory() ? "a directory" : "a device";
};

/**
 * Opens a regular file; never a pipe or device that would block or not end.
 *
 * @param what what it should be, for messages
 * @throws `RangeflowFailure` if it cannot be opened, or is a directory, a pipe, a socket or a device
 */
export const openRegular = (path: string, what: string): RegularFile => {
  const attempt = <A>(act: () => A): A => {
    try {
      return act();
    } catch (error) {
      throw cannotRead(path, error, what);
    }
  };
  const file = attempt(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  const stat = attempt(() => fstatSync(file));
  if (!stat.isFile()) {
    closeSync(file);
    throw new RangeflowFailure(problem(path, kindOf(stat), what, "name a regular file"));
  }
  return {
    size: stat.size,
    read: (from, to) =>
      attempt(() => {
        const bytes = new Uint8Array(Math.max(0, Math.min(to, stat.size) - from));
        let done = 0;
        for (let more = -1; more !== 0 && done < bytes.length; done += more)
          more = readSync(file, bytes, done, bytes.length - done, from + done);
        return bytes.subarray(0, done);
      }),
    close: () => closeSync(file),
  };
};

/** Largest number of bytes in one read, and default limit. */
const mostBytes = 2 ** 31 - 1;

/**
 * The bytes of a regular file.
 *
 * @param what what it should be, for messages
 * @param most largest allowed size in bytes. Default: 2^31 - 1
 * @param from first byte to read. Default: 0
 * @throws `RangeflowFailure` if it cannot be read, is not a regular file, or is too long
 */
export const readRegular = (path: string, what: string, most = mostBytes, from = 0): Uint8Array => {
  const { size, read, close } = openRegular(path, what);
  try {
    if (size > most)
      throw new RangeflowFailure(
        problem(path, `${size} bytes`, `${what} of at most ${most}`, "name another file"),
      );
    return read(from, size);
  } finally {
    close();
  }
};

/** Largest size in bytes of a text that people write. */
const mostText = 2 ** 26;

/**
 * A regular file as UTF-8 text.
 *
 * @throws `RangeflowFailure` as `readRegular` does
 */
export const readText = (path: string, what: string): string =>
  new TextDecoder().decode(readRegular(path, what, mostText));
