/** @file Files that exist completely or not at all. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { cannotWrite, codeOf } from "./fileErrors.ts";
import { writeFully } from "./writeFully.ts";

/** Makes new and renamed files in `dir` survive a power failure, on systems that support it. */
export const syncDirectory = (dir: string): void => {
  try {
    const fd = openSync(dir, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Windows cannot open a directory.
  }
};

/** A name that no other process or call uses. */
export const partialOf = (path: string): string =>
  `${path}.${process.pid}-${randomBytes(8).toString("hex")}.partial`;

/** The process that has written a partial file of a path; undefined for other names. */
export const partialsProcess = (path: string, name: string): number | undefined => {
  if (!name.startsWith(`${basename(path)}.`)) return undefined;
  const [, pid] = /^(\d+)-[0-9a-f]{16}\.partial$/.exec(name.slice(basename(path).length + 1)) ?? [];
  return pid === undefined ? undefined : Number(pid);
};

/** Removes partial files and directories that killed processes have left. The caller must own the directory. */
export const removePartials = (path: string): void => {
  for (const name of readdirSync(dirname(path)))
    if (partialsProcess(path, name) !== undefined)
      rmSync(join(dirname(path), name), { recursive: true, force: true });
};

const piece = 1 << 20;

/** Compares the content of a file with what was written to it. */
const checkWritten = (fd: number, parts: readonly Uint8Array[]): void => {
  const read = Buffer.alloc(piece);
  let at = 0;
  for (const part of parts)
    for (let from = 0; from < part.length; ) {
      const expected = part.subarray(from, from + piece);
      const length = readSync(fd, read, 0, expected.length, at);
      if (length === 0 || read.compare(expected, 0, length, 0, length) !== 0)
        throw new Error("what was written is not what can be read");
      from += length;
      at += length;
    }
};

/** Creates a file, forces it to the disk and reads it back. Throws the system's error and then leaves no file. */
export const writeNew = (path: string, parts: readonly Uint8Array[]): void => {
  const fd = openSync(path, "wx+");
  try {
    try {
      for (const part of parts) writeFully(fd, part);
      fsyncSync(fd);
      checkWritten(fd, parts);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
};

/** A path and its content. */
export interface FileToWrite {
  readonly path: string;
  readonly parts: readonly Uint8Array[];
}

/** Gives what lies at a path a second name. @returns that name; undefined where nothing lies there */
const secondName = (path: string): string | undefined => {
  const name = partialOf(path);
  try {
    linkSync(path, name);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    // Some disks have no hard links.
    copyFileSync(path, name);
  }
  return name;
};

/**
 * Writes files that belong together: none gets its name before all are complete on the disk.
 *
 * @throws `RangeflowFailure` if the disk refuses; then all have their old contents, and nothing that was written stays. A process that is
 *   killed between two names leaves some new and some old, each of them whole
 */
export const writeTogether = (files: readonly FileToWrite[]): void => {
  const partials: string[] = [];
  const old = new Map<string, string | undefined>();
  const renamed: string[] = [];
  const refusable = <A>(path: string, act: () => A): A => {
    try {
      return act();
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  const restore = (path: string): void => {
    const before = old.get(path);
    if (before === undefined) rmSync(path, { force: true });
    else renameSync(before, path);
  };
  try {
    for (const { path, parts } of files) {
      const partial = partialOf(path);
      refusable(path, () => writeNew(partial, parts));
      partials.push(partial);
    }
    if (files.length > 1)
      for (const { path } of files)
        old.set(
          path,
          refusable(path, () => secondName(path)),
        );
    files.forEach(({ path }, i) => {
      refusable(path, () => renameSync(partials[i] as string, path));
      renamed.push(path);
    });
  } catch (error) {
    for (const path of renamed) restore(path);
    throw error;
  } finally {
    for (const left of [...partials, ...old.values()]) if (left !== undefined) rmSync(left, { force: true });
  }
  for (const dir of new Set(files.map(({ path }) => dirname(path)))) syncDirectory(dir);
};

/**
 * Writes a file atomically: whenever the process or the machine stops, the file has either its old or its new content. The parts go to a
 * new file in the same directory, which is forced to the disk, read back and renamed.
 *
 * Replaces whatever has that name, including links. Use `writeOutput` for files that a user names.
 *
 * @throws `RangeflowFailure` if the disk refuses; the old content stays, and the partial file is removed
 */
export const writeAtomically = (path: string, parts: readonly Uint8Array[]): void =>
  writeTogether([{ path, parts }]);

/** Writes a text in UTF-8, as `writeAtomically` does. @throws `RangeflowFailure` as it does */
export const writeTextAtomically = (path: string, text: string): void =>
  writeAtomically(path, [new TextEncoder().encode(text)]);

/** A file that grows piece by piece, and exists only once it is complete. */
export interface GrowingFile {
  /** Appends bytes. */
  readonly append: (bytes: Uint8Array) => void;
  /** Forces the content to the disk and gives the file its name, replacing any existing file. */
  readonly commit: () => void;
  /** Removes the content; has no effect after `commit`. */
  readonly discard: () => void;
}

/**
 * Begins a file whose pieces are not kept in memory. It has another name until it is complete, so whenever the process or the machine
 * stops, the file has either its old or its new content.
 *
 * @param partial its other name. Default: `partialOf(path)`
 * @throws `RangeflowFailure` if the disk refuses, now or at any piece
 */
export const growAtomically = (path: string, partial = partialOf(path)): GrowingFile => {
  const refusable = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  const fd = refusable(() => openSync(partial, "wx"));
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  return {
    append: (bytes) => refusable(() => writeFully(fd, bytes)),
    commit: () => {
      refusable(() => {
        fsyncSync(fd);
        close();
        renameSync(partial, path);
      });
      syncDirectory(dirname(path));
    },
    discard: () => {
      close();
      rmSync(partial, { force: true });
    },
  };
};
