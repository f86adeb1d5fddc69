/**
 * @file `events.jsonl`: what a run has told of its learning, one JSON object a line, as anything that reads lines can read it.
 *
 * Lines are appended whole, and a last one that a killed process has left half-written counts for nothing. The numbers are those
 * that the run goes by, unrounded; NaN and infinity are the texts of `json.ts`.
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

/** Any object: what the lines mean is up to whoever writes them. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface EventLog {
  /** Takes one line, which is on its way to the disk a second later at most, if others follow. */
  readonly append: (line: LogLine) => void;
  /** Writes the lines that wait and forces all of them to the disk, as before a checkpoint. */
  readonly flush: () => void;
  readonly close: () => void;
}

/** The longest time, in milliseconds, that lines wait if others follow. */
const patience = 1000;

/**
 * Opens a log to append to.
 *
 * @param now milliseconds since any fixed moment
 * @param check throws where the file does not belong to this process any more
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
  /** Once a write has failed, nothing more is written: it may have ended within a line. */
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

/** Lines of a log, as far as they are whole, and how many bytes they take. */
export interface LoggedLines {
  readonly lines: readonly LogLine[];
  readonly bytes: number;
}

const newline = "\n".charCodeAt(0);

/** Texts of the whole lines in the bytes of a log, and how many bytes these take. */
const textsIn = (bytes: Uint8Array): { readonly texts: readonly string[]; readonly bytes: number } => {
  const end = bytes.lastIndexOf(newline) + 1;
  return { texts: new TextDecoder().decode(bytes.subarray(0, end)).split("\n").slice(0, -1), bytes: end };
};

/** A line as the object that it is. */
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
 * The whole lines in the bytes of a log.
 *
 * @param path for the sentence
 * @throws `RangeflowFailure` that names the first line that is no JSON object
 */
export const linesIn = (path: string, bytes: Uint8Array, firstLine = 1): LoggedLines => {
  const { texts, bytes: end } = textsIn(bytes);
  return { lines: texts.map((text, i) => lineOf(path, text, firstLine + i)), bytes: end };
};

/**
 * The whole lines of a log, one by one; none where there is no file.
 *
 * @throws `RangeflowFailure` behind the last line in front of the first that is no JSON object
 */
export function* eventLines(path: string): Generator<LogLine> {
  if (!existsSync(path)) return;
  const { texts } = textsIn(readRegular(path, "the events of a run"));
  for (const [i, text] of texts.entries()) yield lineOf(path, text, i + 1);
}

/** The whole lines of a log; none where there is no file. */
export const readEventLog = (path: string): readonly LogLine[] => [...eventLines(path)];

/** Keeps those lines of a log that a run goes on from. */
export const truncateEventLog = (path: string, keep: (line: LogLine) => boolean): void => {
  if (!existsSync(path)) return;
  const kept = readEventLog(path).filter(keep);
  writeTextAtomically(path, kept.map((line) => `${encodeJson(line)}\n`).join(""));
};
