/** @file Data files, plain or gzip: finds the first of several usual names, and unpacks it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { missing, problem, RangeflowFailure } from "../../core/errors.ts";
import { codeOf, FileFailure, reasonOf } from "../files/fileErrors.ts";
import { readRegular } from "../files/regularFile.ts";

/** A data file in memory. */
export interface DataFile {
  readonly path: string;
  /** Contents, unpacked if the file was gzip. */
  readonly bytes: Uint8Array;
}

export const downloadAgain = "copy or download it again";

/** Largest size of a data file in bytes, unpacked. */
const mostBytes = 2 ** 30;

/** Bytes at the start of a gzip file that cover its header and the first bytes of its content. */
const startLength = 4096;

/** First unpacked bytes of a gzip file. A packed byte expands to about a thousand bytes at most. */
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

/** Computes the unpacked length of a file from its first bytes. It may refuse them. */
export type LengthOf = (start: DataFile) => number;

/**
 * Reads one file, and unpacks it if its name ends in `.gz`.
 *
 * @param lengthOf unpacked length of the file; a gzip file is unpacked no further
 * @throws `RangeflowFailure` if the file cannot be read or unpacked
 */
export const readDataFile = (path: string, lengthOf: LengthOf = () => mostBytes): DataFile => {
  const bytes = readRegular(path, "a file");
  return { path, bytes: path.endsWith(".gz") ? unpacked(path, bytes, lengthOf) : bytes };
};

/** Path of the first of `names` that exists in `dir`, plain before `.gz`; undefined if none does. */
export const findDataFile = (dir: string, names: readonly string[]): string | undefined =>
  names.flatMap((name) => [join(dir, name), join(dir, `${name}.gz`)]).find((path) => existsSync(path));

/**
 * Failure for a directory that lacks one of `names`.
 *
 * @param what the data set, for the message
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

/** Failure for a file whose length is not the one that its header states. */
export const wrongLength = (path: string, found: number, expected: number, of: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      path,
      `${found} bytes${path.endsWith(".gz") ? " when unpacked" : ""}`,
      `${expected} bytes for ${of}`,
      `the file is ${found < expected ? "truncated" : "too long"}, ${downloadAgain}`,
    ),
  );
