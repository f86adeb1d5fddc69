/**
 * @file Files of a run as objects. Objects cannot grow, but the files of a recording do: a file is a list of pieces of at most 8 MiB, of
 *   which only the last is rewritten when the file has grown.
 */
import { dirname, join } from "node:path";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { growAtomically } from "../files/atomic.ts";
import { cannotWrite } from "../files/fileErrors.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { sha256Of } from "../files/sha256.ts";
import { codeIn } from "../runs/keptCode.ts";
import type { ObjectStore } from "./objectStore.ts";
import type { Snapshot, SnapshotFile } from "./snapshot.ts";

const PieceCodec = t.type({ object: t.string, bytes: t.number, sha256: t.string });
type Piece = Readonly<t.TypeOf<typeof PieceCodec>>;

/** Files of a run in the order in which to write them, the checkpoint last. */
export const SavedFilesCodec = t.readonlyArray(
  t.type({ path: t.string, pieces: t.readonlyArray(PieceCodec) }),
);
export type SavedFiles = t.TypeOf<typeof SavedFilesCodec>;

/** Keys of the objects that files consist of. */
export const objectsOf = (files: SavedFiles): readonly string[] =>
  files.flatMap(({ pieces }) => pieces.map(({ object }) => object));

const full = 2 ** 23;

const copies = `${codeIn("")}/`;

/** Files of recordings only grow while they keep their names, and copies of code stay as they are. All others may be replaced. */
const onlyGrows = (path: string): boolean => path.startsWith("ranges/") || path.startsWith(copies);

/** Uploads the files of one attempt repeatedly. */
export interface Uploader {
  /**
   * Uploads what is missing. Earlier uploads stay.
   *
   * @param areRead whether pieces that were uploaded before are compared with the files
   */
  readonly upload: (snapshot: Snapshot, areRead: boolean) => Promise<SavedFiles>;
}

/** @param start common prefix of the keys of its objects, which no others have */
export const uploader = (objects: ObjectStore, start: string): Uploader => {
  let count = 0;
  let written = new Map<string, readonly Piece[]>();

  const write = async (bytes: Uint8Array): Promise<Piece> => {
    const object = `${start}${String(count++).padStart(6, "0")}`;
    await objects.put(object, bytes);
    return { object, bytes: bytes.length, sha256: sha256Of(bytes) };
  };

  const piecesOf = async (
    { path, size, read }: SnapshotFile,
    areRead: boolean,
  ): Promise<readonly Piece[]> => {
    const before = onlyGrows(path) ? (written.get(path) ?? []) : [];
    const pieces: Piece[] = [];
    for (let at = 0; at < size; at += full) {
      const length = Math.min(full, size - at);
      const known = before[at / full];
      const isThere =
        known?.bytes === length && (!areRead || known.sha256 === sha256Of(read(at, at + length)));
      pieces.push(isThere ? known : await write(read(at, at + length)));
    }
    return pieces;
  };

  return {
    upload: async ({ files }, areRead) => {
      const saved: { path: string; pieces: readonly Piece[] }[] = [];
      for (const file of files) saved.push({ path: file.path, pieces: await piecesOf(file, areRead) });
      written = new Map(saved.map(({ path, pieces }) => [path, pieces]));
      return saved;
    },
  };
};

const damaged = (where: string, found: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      found,
      "the contents that were written",
      "remove what the store has of this run, and train it again",
    ),
  );

/** Copies of code have whatever names their originals have. */
const isPath = (path: string): boolean =>
  path.startsWith(copies)
    ? path.split("/").every((part) => !/^\.{0,2}$|[\\\0]/.test(part))
    : path.split("/").every((part) => /^[\w=,+-][\w=,+.-]*$/.test(part));

/**
 * Downloads files into a directory, each atomically.
 *
 * @returns what is missing or was changed, as a failure; undefined if everything is there. Rejects with `RangeflowFailure` if the service
 *   or the disk refuses
 */
export const download = async (
  objects: ObjectStore,
  files: SavedFiles,
  dir: string,
): Promise<RangeflowFailure | undefined> => {
  for (const { path, pieces } of files) {
    if (!isPath(path)) return damaged(objects.place, `a file named ${JSON.stringify(path)}`);
    const target = join(dir, path);
    try {
      makeDirectories(dirname(target));
    } catch (error) {
      throw cannotWrite(target, error);
    }
    const file = growAtomically(target);
    try {
      for (const { object, bytes, sha256 } of pieces) {
        const found = await objects.get(object);
        if (found === undefined) return damaged(`${objects.place}/${object}`, "nothing");
        if (found.length !== bytes || sha256Of(found) !== sha256)
          return damaged(`${objects.place}/${object}`, "bytes that do not match their checksum");
        file.append(found);
      }
      file.commit();
    } finally {
      file.discard();
    }
  }
  return undefined;
};
