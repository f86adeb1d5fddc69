/**
 * @file User files that travel with a job: experiments, estimators and quantizers, and what they import by relative paths. Their contents
 *   are documents of the store, named by their SHA-256. On each machine they have the same relative positions as where the study was
 *   planned.
 */
import { isUtf8 } from "node:buffer";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeAtomically } from "../files/atomic.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { sha256Of } from "../files/sha256.ts";
import { commonDirectory, partsOf, placeBelow } from "../settings/fileParts.ts";
import type { UserFile } from "../settings/userFiles.ts";
import type { Documents } from "../stores/store.ts";

export const CarriedFilesCodec = t.type({
  /** Working directory of the run, relative to the directory that contains all files. */
  cwd: t.string,
  /** Relative paths, the SHA-256 of each file, and whether its document is base64, because the file is no text. */
  files: t.readonlyArray(
    t.intersection([t.type({ path: t.string, sha256: t.string }), t.partial({ isBase64: t.boolean })]),
  ),
});

export type CarriedFiles = Readonly<t.TypeOf<typeof CarriedFilesCodec>>;

/** Largest size in bytes of a file that travels: a text of base64 has to hold it. */
const mostBytes = 4e8;

/**
 * Puts the files of a run into the store.
 *
 * @param written names of contents that are there already
 * @param asked option that requires it, for messages
 * @returns rejects with `RangeflowFailure` for files that cannot have the same positions elsewhere, or are too large
 */
export const carry = async (
  documents: Documents,
  files: readonly UserFile[],
  written: Set<string>,
  asked: string,
): Promise<CarriedFiles> => {
  if (files.length === 0) return { cwd: ".", files: [] };
  const absolute = files.find(({ name }) => isAbsolute(name));
  if (absolute !== undefined)
    throw new RangeflowFailure(
      problem(
        asked,
        `the file ${absolute.name} by an absolute path`,
        "a path relative to the working directory, which works on other machines too",
        "name it as ./FILE",
      ),
    );
  const parts = partsOf(files);
  const large = [...parts.keys()].find((path) => statSync(path).size > mostBytes);
  if (large !== undefined)
    throw new RangeflowFailure(
      problem(
        asked,
        `the file ${placeBelow(process.cwd(), large)} of ${Math.round(statSync(large).size / 1e6)} MB`,
        `files of at most ${mostBytes / 1e6} MB, which travel with jobs`,
        "train on this machine",
      ),
    );
  const binary = new Set<string>();
  const cwd = process.cwd();
  const top = commonDirectory([cwd, ...[...parts.keys()].map((path) => dirname(path))]);
  for (const [path, sha256] of parts) {
    const bytes = readFileSync(path);
    const isBase64 = !isUtf8(bytes);
    if (isBase64) binary.add(sha256);
    if (written.has(sha256)) continue;
    await documents.write("files", sha256, bytes.toString(isBase64 ? "base64" : "utf8"));
    written.add(sha256);
  }
  return {
    cwd: placeBelow(top, cwd) || ".",
    files: [...parts].map(([path, sha256]) => ({
      ...{ path: placeBelow(top, path), sha256 },
      ...(binary.has(sha256) && { isBase64: true }),
    })),
  };
};

/** Refuses a path that leads out of its directory. */
const checkInside = (path: string): void => {
  if (path === "" || isAbsolute(path) || path.split(/[\\/]/).includes(".."))
    throw new RangeflowFailure(
      problem("files of a job", `the path ${path}`, "one below its directory", "plan the study again"),
    );
};

/** Lays out the files of jobs on this machine, each set once. */
export interface CarriedPlaces {
  /**
   * Working directory of a job; that of this process if the job brings no files. Rejects with `RangeflowFailure` if a file is missing or
   * was changed.
   */
  readonly of: (documents: Documents, carried: CarriedFiles) => Promise<string>;
  /** Removes all laid-out files. */
  readonly close: () => void;
}

/** Lays out files below a directory. */
const layOut = async (documents: Documents, files: CarriedFiles["files"], top: string): Promise<void> => {
  for (const { path, sha256, isBase64 = false } of files) {
    const text = await documents.read("files", sha256);
    const bytes = Buffer.from(text ?? "", isBase64 ? "base64" : "utf8");
    if (text === undefined || sha256Of(bytes) !== sha256)
      throw new RangeflowFailure(
        problem(
          "files of a job",
          text === undefined ? `no contents of ${path}` : `other contents of ${path}`,
          `those of sha256 ${sha256.slice(0, 8)}`,
          "plan the study again",
        ),
      );
    makeDirectories(dirname(join(top, path)));
    writeAtomically(join(top, path), [bytes]);
  }
};

export const carriedPlaces = (): CarriedPlaces => {
  const places = new Map<string, string>();
  const tops = new Set<string>();
  const remove = (top: string): void => {
    rmSync(top, { recursive: true, force: true });
    tops.delete(top);
  };
  return {
    of: async (documents, { cwd, files }) => {
      for (const { path } of files) checkInside(path);
      if (cwd !== ".") checkInside(cwd);
      if (files.length === 0) return process.cwd();
      const key = sha256Of(JSON.stringify([cwd, files]));
      const known = places.get(key);
      if (known !== undefined && existsSync(known)) return known;
      const top = mkdtempSync(join(tmpdir(), "rangeflow-files-"));
      tops.add(top);
      const place = join(top, cwd);
      try {
        await layOut(documents, files, top);
        makeDirectories(place);
      } catch (error) {
        remove(top);
        throw error;
      }
      places.set(key, place);
      return place;
    },
    close: () => {
      for (const top of tops) remove(top);
    },
  };
};
