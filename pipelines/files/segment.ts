/**
 * @file Append-only files that detect damage: a data file, and next to it one line of sums for each written chunk.
 *
 *     offset(12 digits) length(10 digits) sha256 of the chunk (16 hex digits) sha256 of this line so far (8 hex digits) \n
 *
 * A chunk counts once its line is complete. What a killed process has left incomplete is ignored: a chunk without a complete line, or one
 * that the data file does not fully contain. Any other mismatch is reported as damage.
 */
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { syncDirectory } from "./atomic.ts";
import { cannotWrite } from "./fileErrors.ts";
import { openRegular, readRegular } from "./regularFile.ts";
import { sha256Of } from "./sha256.ts";
import { linkStatAt } from "./statAt.ts";
import { writeFully } from "./writeFully.ts";

/** The two files of a segment. */
export interface SegmentPaths {
  readonly data: string;
  readonly sums: string;
}

/** A segment that is being written. */
export interface SegmentWriter {
  /** Appends one chunk and its line. On failure both files keep their length. */
  readonly append: (chunk: Uint8Array) => void;
  /** Forces everything to the disk. */
  readonly sync: () => void;
  readonly close: () => void;
  /** Closes both files and removes them. */
  readonly discard: () => void;
}

/** Complete chunks, by position in the data file. */
export interface Chunk {
  readonly offset: number;
  readonly length: number;
  readonly sum: string;
}

const lineLength = 12 + 1 + 10 + 1 + 16 + 1 + 8 + 1;

const digits = (bytes: Uint8Array | string, count: number): string => sha256Of(bytes).slice(0, count);

const lineOf = ({ offset, length, sum }: Chunk): string => {
  const text = `${String(offset).padStart(12, "0")} ${String(length).padStart(10, "0")} ${sum}`;
  return `${text} ${digits(text, 8)}\n`;
};

/** @throws `RangeflowFailure` unless `path` is still the open file, with the length that this process has left */
const checkSame = (fd: number, path: string, size: number): void => {
  const [open, onDisk] = [fstatSync(fd), linkStatAt(path)];
  const isSame = onDisk?.ino === open.ino && onDisk.dev === open.dev;
  if (isSame && open.size === size) return;
  throw new RangeflowFailure(
    problem(
      path,
      onDisk === undefined ? "no longer there" : isSame ? `${open.size} bytes by now` : "another file by now",
      `the ${size} bytes that this run has written there`,
      "do not change a directory while a run writes to it",
    ),
  );
};

/**
 * Creates a segment. The sums are created first, so that there are never data without them.
 *
 * @throws `RangeflowFailure` if one of the files exists or cannot be created
 */
export const createSegment = ({ data, sums }: SegmentPaths): SegmentWriter => {
  const create = (path: string): number => {
    try {
      return openSync(path, "wx");
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  const sumsFile = create(sums);
  let dataFile: number;
  try {
    dataFile = create(data);
  } catch (error) {
    closeSync(sumsFile);
    rmSync(sums, { force: true });
    throw error;
  }
  syncDirectory(dirname(data));
  let offset = 0;
  let lines = 0;

  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      throw cannotWrite(data, error);
    }
  };
  const check = (): void => {
    checkSame(dataFile, data, offset);
    checkSame(sumsFile, sums, lines * lineLength);
  };
  const append = (chunk: Uint8Array): void =>
    attempt(() => {
      check();
      try {
        writeFully(dataFile, chunk);
        writeFully(sumsFile, Buffer.from(lineOf({ offset, length: chunk.length, sum: digits(chunk, 16) })));
      } catch (error) {
        ftruncateSync(sumsFile, lines * lineLength);
        ftruncateSync(dataFile, offset);
        throw error;
      }
      offset += chunk.length;
      lines++;
    });
  const close = (): void =>
    attempt(() => {
      try {
        closeSync(dataFile);
      } finally {
        closeSync(sumsFile);
      }
    });
  return {
    append,
    sync: () =>
      attempt(() => {
        check();
        fsyncSync(dataFile);
        fsyncSync(sumsFile);
      }),
    close,
    discard: () => {
      close();
      rmSync(data, { force: true });
      rmSync(sums, { force: true });
    },
  };
};

const part = "a part of a recording";

/** Largest size of the sums in bytes, for 5 million chunks. A chunk has at most as many rows as are buffered. */
const mostSums = 2 ** 28;
const mostBytes = 2 ** 30;

const damaged = (path: string, found: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      path,
      found,
      "the contents that were written",
      "the file is damaged, restore it from a backup or record the run again",
    ),
  );

/** A position in a segment, behind its first chunks: their number, and their bytes. */
export interface SegmentPlace {
  readonly chunks: number;
  readonly bytes: number;
}

/**
 * The complete chunks of a segment, in order.
 *
 * @param from where to begin, for example behind known chunks
 * @throws `RangeflowFailure` if the sums are missing or damaged
 */
export const wholeChunks = (
  { data, sums }: SegmentPaths,
  from: SegmentPlace = { chunks: 0, bytes: 0 },
): readonly Chunk[] => {
  if (!existsSync(sums))
    throw new RangeflowFailure(
      problem(sums, "no such file", `the checksums of ${data}`, "copy a recording with all its files"),
    );
  const text = Buffer.from(readRegular(sums, part, mostSums, from.chunks * lineLength)).toString("latin1");
  const file = openRegular(data, part);
  file.close();
  const chunks: Chunk[] = [];
  let offset = from.bytes;
  for (let at = 0; at + lineLength <= text.length; at += lineLength) {
    const line = text.slice(at, at + lineLength);
    const chunk = { offset, length: Number(line.slice(13, 23)), sum: line.slice(24, 40) };
    if (lineOf(chunk) !== line)
      throw damaged(sums, `line ${from.chunks + at / lineLength + 1} that does not match its checksum`);
    offset += chunk.length;
    if (offset > file.size) break;
    chunks.push(chunk);
  }
  return chunks;
};

/**
 * Reads chunks one after the other. Each is verified before it is returned.
 *
 * @throws `RangeflowFailure` that names the position of the first chunk that has changed since it was written
 */
export function* readChunks(path: string, chunks: readonly Chunk[]): Generator<Uint8Array> {
  const file = openRegular(path, part);
  try {
    for (const { offset, length, sum } of chunks) {
      if (length > mostBytes) throw damaged(path, `a piece of ${length} bytes`);
      const bytes = file.read(offset, offset + length);
      if (bytes.length !== length || digits(bytes, 16) !== sum)
        throw damaged(path, `bytes ${offset} to ${offset + length - 1} that do not match their checksum`);
      yield bytes;
    }
  } finally {
    file.close();
  }
}
