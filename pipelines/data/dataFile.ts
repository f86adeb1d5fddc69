/** @file Data files, plain or gzip: the first of several usual names that is there, unpacked. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { cannotRead, reasonOf } from "../files/fileErrors.ts";

export interface DataFile {
  readonly path: string;
  /** The contents, unpacked if they were gzip. */
  readonly bytes: Uint8Array;
}

export const downloadAgain = "copy or download it again";

const unpacked = (path: string, packed: Uint8Array): Uint8Array => {
  try {
    return gunzipSync(packed);
  } catch (error) {
    throw new RangeflowFailure(
      problem(
        path,
        `gzip data that cannot be unpacked (${reasonOf(error)})`,
        "a whole gzip file",
        downloadAgain,
      ),
    );
  }
};

/**
 * Reads one file, and unpacks it if its name ends in `.gz`.
 *
 * @throws `RangeflowFailure` if it cannot be read or unpacked
 */
export const readDataFile = (path: string): DataFile => {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw cannotRead(path, error, "a file");
  }
  return { path, bytes: path.endsWith(".gz") ? unpacked(path, bytes) : bytes };
};

/** The path of the first of `names`, plain before `.gz`, that is in `dir`; undefined if none is. */
export const findDataFile = (dir: string, names: readonly string[]): string | undefined =>
  names.flatMap((name) => [join(dir, name), join(dir, `${name}.gz`)]).find((path) => existsSync(path));

/**
 * The directory that must hold `names`, as a failure.
 *
 * @param what the data set, for the sentence
 */
export const missingFile = (dir: string, names: readonly string[], what: string): RangeflowFailure =>
  new RangeflowFailure(
    existsSync(dir)
      ? problem(
          dir,
          `no file ${names[0]}`,
          `the files of ${what}`,
          "download them there or name another --data-dir",
        )
      : problem(dir, "no such directory", `one with the files of ${what}`, "name it with --data-dir"),
  );

/** A file that is too short or too long for what its header promises, as a failure. */
export const wrongLength = (path: string, found: number, expected: number, of: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      path,
      `${found} bytes${path.endsWith(".gz") ? " when unpacked" : ""}`,
      `${expected} bytes for ${of}`,
      `the file is ${found < expected ? "truncated" : "too long"}, ${downloadAgain}`,
    ),
  );
