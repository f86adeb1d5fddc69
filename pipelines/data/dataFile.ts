/** @file Data files, plain or gzip: the first of several usual names that is there, unpacked. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { missing, problem, RangeflowFailure } from "../../core/errors.ts";
import { codeOf, FileFailure, reasonOf } from "../files/fileErrors.ts";
import { readRegular } from "../files/regularFile.ts";

export interface DataFile {
  readonly path: string;
  /** The contents, unpacked if they were gzip. */
  readonly bytes: Uint8Array;
}

export const downloadAgain = "copy or download it again";

/** The most bytes of a data file, unpacked. */
const mostBytes = 2 ** 30;

/** Bytes of a gzip file that hold its own header and the first ones of what is in it. */
const startLength = 4096;

/** The first bytes of what is in a gzip file; a packed byte stands for a thousand at most. */
const unpackedStart = (packed: Uint8Array): Uint8Array =>
  gunzipSync(packed.subarray(0, startLength), { finishFlush: constants.Z_SYNC_FLUSH });

const unpacked = (path: string, packed: Uint8Array, lengthOf: LengthOf): Uint8Array => {
  let most = mostBytes;
  try {
    const start = unpackedStart(packed);
    if (start.length > 0) most = Math.min(lengthOf({ path, bytes: start }), mostBytes);
    const { buffer, byteOffset, byteLength } = gunzipSync(packed, { maxOutputLength: most });
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if (error instanceof RangeflowFailure) throw error;
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE")
      throw new RangeflowFailure(
        problem(path, `more than ${most} bytes when unpacked`, `${most} at most`, downloadAgain),
      );
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

/** The bytes that a file should have, unpacked, from the first ones of them; it may refuse these. */
export type LengthOf = (start: DataFile) => number;

/**
 * Reads one file, and unpacks it if its name ends in `.gz`.
 *
 * @param lengthOf a gzip file is not unpacked any further
 * @throws `RangeflowFailure` if it cannot be read or unpacked
 */
export const readDataFile = (path: string, lengthOf: LengthOf = () => mostBytes): DataFile => {
  const bytes = readRegular(path, "a file");
  return { path, bytes: path.endsWith(".gz") ? unpacked(path, bytes, lengthOf) : bytes };
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
  new FileFailure(
    existsSync(dir)
      ? problem(
          dir,
          `no file ${names[0]}`,
          `the files of ${what}`,
          "download them there or name another --data-dir",
        )
      : missing(dir, `the directory of ${what}`, "name it with --data-dir"),
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
