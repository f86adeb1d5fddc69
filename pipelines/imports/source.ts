/** @file A file of statistics: its bytes piece by piece, decompressed if it is gzip, and texts in blocks of complete lines. */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { openRegular } from "../files/regularFile.ts";

/** A file that is imported. */
export interface Source {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly isGzip: boolean;
  /** Its first bytes, decompressed if it is gzip. */
  readonly head: Uint8Array;
}

/** Some complete lines of a text. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  /** Number of the first line, from 1. */
  readonly firstLine: number;
}

const what = "a file with statistics";
const pieceSize = 1 << 20;
const headSize = 1 << 16;
/** Largest length of a line in bytes, enough for a step with a thousand histograms. */
const longestLine = 1 << 28;
const [newLine, carriageReturn] = [10, 13];

export const failure = (...parts: Parameters<typeof problem>): RangeflowFailure =>
  new RangeflowFailure(problem(...parts));

function* plainPieces(path: string): Generator<Uint8Array> {
  const file = openRegular(path, what);
  try {
    for (let at = 0; at < file.size; at += pieceSize) yield file.read(at, at + pieceSize);
  } finally {
    file.close();
  }
}

const isGzip = (path: string): boolean => {
  const file = openRegular(path, what);
  const [first, second] = file.read(0, 2);
  file.close();
  return first === 0x1f && second === 0x8b;
};

async function* unzipped(path: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: pieceSize });
  const input = Readable.from(plainPieces(path), { objectMode: false, highWaterMark: pieceSize });
  input.on("error", (error) => gunzip.destroy(error)).pipe(gunzip);
  try {
    for await (const piece of gunzip) yield piece as Uint8Array;
  } catch (error) {
    if (error instanceof RangeflowFailure) throw error;
    throw failure(
      path,
      `a gzip file that is cut or damaged (${reasonOf(error)})`,
      "a whole gzip file",
      "copy it again; gzip -t FILE checks one",
    );
  } finally {
    input.destroy();
  }
}

/** The bytes of a file, decompressed if it is gzip. */
export async function* pieces(path: string): AsyncGenerator<Uint8Array> {
  for await (const piece of isGzip(path) ? unzipped(path) : plainPieces(path)) {
    yield piece;
    // Lets signals of the process be handled.
    await setImmediate();
  }
}

const headOf = async (path: string): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces(path)) {
    parts.push(piece);
    length += piece.length;
    if (length >= headSize) break;
  }
  return Buffer.concat(parts).subarray(0, headSize);
};

/**
 * Opens a file.
 *
 * @throws `RangeflowFailure` if it cannot be read, is not a regular file, is empty, or starts as a damaged gzip file
 */
export const openSource = async (path: string): Promise<Source> => {
  const hash = createHash("sha256");
  let bytes = 0;
  for (const piece of plainPieces(path)) {
    hash.update(piece);
    bytes += piece.length;
  }
  if (bytes === 0) throw failure(path, "an empty file", what);
  const head = await headOf(path);
  if (head.length === 0) throw failure(path, "an empty gzip file", what);
  return { path, bytes, sha256: hash.digest("hex"), isGzip: isGzip(path), head };
};

const byteOrderMark = [0xef, 0xbb, 0xbf];

/** A text without its byte order mark. @throws `RangeflowFailure` if it is UTF-16 */
const unmarked = (path: string, bytes: Uint8Array): Uint8Array => {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw failure(path, "a text in UTF-16", "UTF-8", "convert it with iconv -f UTF-16 -t UTF-8");
  return byteOrderMark.every((byte, i) => bytes[i] === byte) ? bytes.subarray(3) : bytes;
};

/** Text at the start of a file. */
export const headText = ({ path, head }: Source): string => new TextDecoder().decode(unmarked(path, head));

/** Refuses lines that are not UTF-8: invalid bytes of different names would become the same character. */
const checkUtf8 = (path: string, block: LineBlock): void => {
  if (isUtf8(block.bytes)) return;
  eachLine(block, (from, to, line) => {
    if (!isUtf8(block.bytes.subarray(from, to)))
      throw failure(
        `${path}, line ${line}`,
        "bytes that are not UTF-8",
        "a text in UTF-8",
        "if it is Latin-1, convert it with iconv -f LATIN1 -t UTF-8",
      );
  });
};

/** Refuses texts whose lines end with CR only, which would be one line. */
const checkLineEnds = (path: string, bytes: Uint8Array): void => {
  const at = bytes.indexOf(carriageReturn);
  if (at >= 0 && at < bytes.length - 1)
    throw failure(path, "lines that end with CR alone", "LF or CR LF", "convert them with tr '\\r' '\\n'");
};

const linesIn = (bytes: Uint8Array): number => {
  let lines = 0;
  for (let at = bytes.indexOf(newLine); at >= 0; at = bytes.indexOf(newLine, at + 1)) lines++;
  return lines;
};

/**
 * The lines of a text, in blocks that end at a line end.
 *
 * @param unended called if the last line has no line end
 * @throws `RangeflowFailure` if a line is longer than 256 MB or not UTF-8, or lines end with CR only
 */
export async function* lineBlocks(path: string, unended?: () => void): AsyncGenerator<LineBlock> {
  let [rest, firstLine, isFirst]: [Uint8Array[], number, boolean] = [[], 1, true];
  let waiting = 0;
  for await (const piece of pieces(path)) {
    const end = piece.lastIndexOf(newLine) + 1;
    waiting += piece.length;
    if (waiting > longestLine)
      throw failure(path, `line ${firstLine} of more than 256 MB`, "a text with lines");
    if (end === 0) {
      rest.push(piece);
      continue;
    }
    const joined =
      rest.length === 0 ? piece.subarray(0, end) : Buffer.concat([...rest, piece.subarray(0, end)]);
    const bytes = isFirst ? unmarked(path, joined) : joined;
    checkUtf8(path, { bytes, firstLine });
    yield { bytes, firstLine };
    firstLine += linesIn(bytes);
    isFirst = false;
    rest = [piece.subarray(end)];
    waiting = piece.length - end;
  }
  const last = Buffer.concat(rest);
  if (last.length === 0) return;
  const bytes = isFirst ? unmarked(path, last) : last;
  if (isFirst) checkLineEnds(path, bytes);
  checkUtf8(path, { bytes, firstLine });
  unended?.();
  yield { bytes, firstLine };
}

/** Calls `take` with the bounds of each line of a block, without its line end, and its number. */
export const eachLine = (
  { bytes, firstLine }: LineBlock,
  take: (from: number, to: number, line: number) => void,
): void => {
  let line = firstLine;
  for (let from = 0; from < bytes.length; line++) {
    const found = bytes.indexOf(newLine, from);
    const end = found < 0 ? bytes.length : found;
    take(from, end > from && bytes[end - 1] === 13 ? end - 1 : end, line);
    from = end + 1;
  }
};
