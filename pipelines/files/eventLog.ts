/**
 * @file `events.jsonl`: the learning curve of a run, one JSON object per line.
 *
 * Lines are appended as a whole; a last line that a killed process has left incomplete is ignored. Numbers are unrounded; NaN and
 * infinity are the texts of `json.ts`.
 */
import { closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { internal, problem, RangeflowFailure } from "../../core/errors.ts";
import { isRecord } from "../../core/guards.ts";
import { writeTextAtomically } from "./atomic.ts";
import { cannotWrite } from "./fileErrors.ts";
import { decodeJson, encodeJson } from "./json.ts";
import { readRegular } from "./regularFile.ts";
import { writeFully } from "./writeFully.ts";

/** Any object. The meaning of the lines is up to the writer. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A log that is being written. */
export interface EventLog {
  /** Takes one line. It is written within a second, if others follow. */
  readonly append: (line: LogLine) => void;
  /** Writes the buffered lines and forces them to the disk, as before a checkpoint. */
  readonly flush: () => void;
  readonly close: () => void;
}

/** Longest time, in milliseconds, that lines are buffered if others follow. */
const patience = 1000;

/**
 * Opens a log to append to.
 *
 * @param now clock in milliseconds, with any origin
 * @param check throws if the file no longer belongs to this process
 * @throws `RangeflowFailure` if it cannot be written
 */
export const eventLog = (path: string, now: () => number, check: () => void = () => {}): EventLog => {
  const attempt = <A>(act: () => A): A => {
    try {
      return act();
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  const file = attempt(() => openSync(path, "a"));
  let waiting = "";
  let lastWrite = now();
  let isOpen = true;
  let failure: unknown;
  /** Nothing is written after a failed write, which may have ended within a line. */
  const write = (): void => {
    if (failure !== undefined) throw failure;
    check();
    try {
      writeFully(file, new TextEncoder().encode(waiting));
    } catch (error) {
      failure = cannotWrite(path, error);
      throw failure;
    }
    waiting = "";
    lastWrite = now();
  };
  const checkOpen = (): void => {
    if (!isOpen) throw internal(`${path}: a line after the end`);
  };
  return {
    append: (line) => {
      checkOpen();
      waiting += `${encodeJson(line)}\n`;
      if (now() - lastWrite >= patience) write();
    },
    flush: () => {
      checkOpen();
      write();
      attempt(() => fsyncSync(file));
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      try {
        write();
      } finally {
        closeSync(file);
      }
    },
  };
};

/** Complete lines of a log, and the number of their bytes. */
export interface LoggedLines {
  readonly lines: readonly LogLine[];
  readonly bytes: number;
}

const newline = "\n".charCodeAt(0);

/** Texts of the complete lines in a log's bytes, and the number of their bytes. */
const textsIn = (bytes: Uint8Array): { readonly texts: readonly string[]; readonly bytes: number } => {
  const end = bytes.lastIndexOf(newline) + 1;
  return { texts: new TextDecoder().decode(bytes.subarray(0, end)).split("\n").slice(0, -1), bytes: end };
};

/** Parses a line. */
const lineOf = (path: string, text: string, number: number): LogLine => {
  const line = decodeJson(text);
  if (E.isRight(line) && isRecord(line.right)) return line.right;
  throw new RangeflowFailure(
    problem(
      path,
      `line ${number}, which is not a JSON object`,
      "the events of a run",
      "restore it from a backup",
    ),
  );
};

/**
 * The complete lines in the bytes of a log.
 *
 * @param path for messages
 * @throws `RangeflowFailure` that names the first line that is not a JSON object
 */
export const linesIn = (path: string, bytes: Uint8Array, firstLine = 1): LoggedLines => {
  const { texts, bytes: end } = textsIn(bytes);
  return { lines: texts.map((text, i) => lineOf(path, text, firstLine + i)), bytes: end };
};

/**
 * The complete lines of a log, one by one; none if there is no file.
 *
 * @throws `RangeflowFailure` at the first line that is not a JSON object, after all lines before it
 */
export function* eventLines(path: string): Generator<LogLine> {
  if (!existsSync(path)) return;
  const { texts } = textsIn(readRegular(path, "the events of a run"));
  for (const [i, text] of texts.entries()) yield lineOf(path, text, i + 1);
}

/** The complete lines of a log; none if there is no file. */
export const readEventLog = (path: string): readonly LogLine[] => [...eventLines(path)];

/** Keeps the lines of a log that satisfy a condition, before the run is resumed. */
export const truncateEventLog = (path: string, keep: (line: LogLine) => boolean): void => {
  if (!existsSync(path)) return;
  const kept = readEventLog(path).filter(keep);
  writeTextAtomically(path, kept.map((line) => `${encodeJson(line)}\n`).join(""));
};
